"""From arrays to what a screen shows: encoding, colour maps, reduced sizes."""
