"""How far a fused pixel sees: measured with NaN, checked on crops."""
