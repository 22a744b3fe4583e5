"""What a motion is: clips, skeletons, rotations, kinematics, cameras."""
