"""Live feeds: from what a feed sends to a prediction a frame, without a window."""
