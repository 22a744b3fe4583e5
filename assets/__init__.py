"""Clips, weights and icons that come with the program; `engine.paths` says where they lie."""
