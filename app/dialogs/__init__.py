"""Windows beside the main one, and what lies over it for a moment."""
