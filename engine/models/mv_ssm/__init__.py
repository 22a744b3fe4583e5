"""MV-SSM: people in 3D from several calibrated views, fused by state-space scans."""
