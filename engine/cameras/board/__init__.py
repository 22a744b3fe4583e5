"""Calibration from pictures of a board: checkerboards and ChArUco."""
