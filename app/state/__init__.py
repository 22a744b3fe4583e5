"""The window's state: the document, the moment, the view's options, the results."""
