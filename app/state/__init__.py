"""What the person is looking at."""
