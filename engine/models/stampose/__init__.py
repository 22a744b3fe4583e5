"""STAMPose: attention over joints, selective scans over frames."""
