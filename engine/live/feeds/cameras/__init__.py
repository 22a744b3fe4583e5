"""Feeds of pictures: video files, folders, network streams, webcams."""
