"""Generated pairs with known truth: phantoms of a brain, night scenes, photographs."""
