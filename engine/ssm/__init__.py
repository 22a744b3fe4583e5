"""State-space cores; every fast path stands beside its plain reference."""
