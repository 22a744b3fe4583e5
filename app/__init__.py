"""The Kinestate window (PySide6, vispy, pyqtgraph); everything it computes comes from `engine`."""
