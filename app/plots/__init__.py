"""The only pyqtgraph in the project."""
