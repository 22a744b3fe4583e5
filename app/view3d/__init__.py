"""The 3D view: the only package that draws with vispy."""
