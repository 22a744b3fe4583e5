"""HumMUSS: diagonal SSMs, bidirectional and causal."""
