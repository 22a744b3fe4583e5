"""Files that are dragged into a window."""

from __future__ import annotations

from PySide6.QtCore import QMimeData


def dropped_path(data: QMimeData) -> str | None:
    """Find the first file or folder of this machine among dragged data; None where there is none."""
    return next(iter(dropped_paths(data)), None)


def dropped_paths(data: QMimeData) -> list[str]:
    """Find every file and folder of this machine among dragged data."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
