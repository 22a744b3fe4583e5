"""SasMamba and PoseMamba: selective scans over frames and joints."""
