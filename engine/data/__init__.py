"""Readers: one file format per module, one registry that picks by content."""
