"""Feeds: what sends frames as they happen."""
