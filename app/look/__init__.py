"""Themes, colours, icons."""
