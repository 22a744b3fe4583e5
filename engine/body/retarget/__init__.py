"""Motion onto the body: joint positions and rotations of any clip as the pose of a parametric body."""
