"""What is dragged into a window from elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QMimeData


def dropped_path(data: QMimeData) -> str | None:
    """The first file or folder of this machine in what is dragged; None where there is none."""
    return next((url.toLocalFile() for url in data.urls() if url.isLocalFile()), None)
