"""Several cameras as one feed: their pictures on one clock, their people matched, one of them followed in space."""
