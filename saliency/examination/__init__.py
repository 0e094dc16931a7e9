"""What a network has to show before its maps are believed: one point after the other, in a process of its own."""
