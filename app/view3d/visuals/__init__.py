"""Visuals of the 3D view: one a file, tied to the items that they draw by `table`."""
