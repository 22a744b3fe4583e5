"""Pictures and videos without a window."""
