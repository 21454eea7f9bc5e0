"""One module a screen. Pages are imported when they are first shown."""
