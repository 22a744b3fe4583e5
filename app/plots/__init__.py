"""Plots: the only package that draws with pyqtgraph."""
