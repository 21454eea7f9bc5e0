"""Stories about what a laptop keeps: written whole or not at all, readable to nobody else, found again at once."""
