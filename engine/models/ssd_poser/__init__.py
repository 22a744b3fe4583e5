"""SSD-Poser: a whole body from a headset and two controllers."""
