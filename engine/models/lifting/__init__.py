"""Lifting: keypoints in, metres out; what all lifting networks share."""
