"""The window: the only room that knows PySide6. It asks and tells the workspace, and says everything through Words."""
