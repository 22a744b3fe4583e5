"""Motions: clips, skeletons, rotations, kinematics, cameras."""
