"""Colours of the painted widgets."""

from __future__ import annotations

from PySide6.QtGui import QColor


def faded(colour: str, alpha: float) -> QColor:
    """A colour with this opacity, 0 to 1."""
    result = QColor(colour)
    result.setAlphaF(alpha)
    return result
