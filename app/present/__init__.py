"""Results as tables, curves and words. No Qt."""
