"""People in pictures: where they are, and their keypoints in pixels."""
