"""MotionBERT: the transformer baseline."""
