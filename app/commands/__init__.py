"""Actions, menus and what they do."""
