"""The icons, drawn for this program: outlines on a 24 x 24 grid, in the colour of the theme's text."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

FILLED = {
    "play": "M7 4.5 L19.5 12 L7 19.5 Z",
    "pause": "M6.5 5 h4 v14 h-4 z M13.5 5 h4 v14 h-4 z",
    "start": "M5 5 h2.6 v14 h-2.6 z M19 5 v14 L8.6 12 z",
    "end": "M16.4 5 h2.6 v14 h-2.6 z M5 5 v14 L15.4 12 z",
    "back": "M17 5.5 v13 L7 12 z",
    "forward": "M7 5.5 v13 L17 12 z",
    "app": "M12 2.2 a2.6 2.6 0 1 1 0 5.2 a2.6 2.6 0 1 1 0 -5.2 z "
    "M7 9 h10 l3 4.6 -1.9 1.2 -2.6 -3.4 v3.4 l1.6 7 h-2.6 l-2 -6 -2 6 h-2.6 l1.6 -7 v-3.4 l-2.6 3.4 L4 13.6 z",
}
STROKED = {
    "repeat": "M4 11 V9.5 a3 3 0 0 1 3 -3 h11 M15 3.5 l3 3 l-3 3 M20 13 v1.5 a3 3 0 0 1 -3 3 H6 M9 20.5 l-3 -3 l3 -3",
    "add": "M12 5 v14 M5 12 h14",
    "remove": "M5 12 h14",
    "close": "M6 6 L18 18 M18 6 L6 18",
    "more": "M5.5 12 h.01 M12 12 h.01 M18.5 12 h.01",
    "copy": "M9 9 h10 v11 h-10 z M15 9 V4.5 H5 V16 h4",
    "follow": "M12 3 v4 M12 17 v4 M3 12 h4 M17 12 h4 M12 7.5 a4.5 4.5 0 1 1 0 9 a4.5 4.5 0 1 1 0 -9",
    "worst": "M4 18 L9 10 L12.5 14 L16 4.5 L20 18 M13 4.5 h6",
    "inset": "M4 5 h16 v14 h-16 z M12.5 12 h5 v4.5 h-5 z",
    "dice": "M5 5 h14 v14 h-14 z M9 9 h.01 M15 9 h.01 M12 12 h.01 M9 15 h.01 M15 15 h.01",
    "apart": "M7 4.5 a1.8 1.8 0 1 1 0 3.6 a1.8 1.8 0 1 1 0 -3.6 M7 8.5 v6 M7 14.5 l-2 5 M7 14.5 l2 5 M4 11 h6 "
    "M17 4.5 a1.8 1.8 0 1 1 0 3.6 a1.8 1.8 0 1 1 0 -3.6 M17 8.5 v6 M17 14.5 l-2 5 M17 14.5 l2 5 M14 11 h6",
    "vectors": "M5 19 L17 7 M17 7 h-5 M17 7 v5 M5 11 v.01 M11 19 h.01",
    "pin": "M9 4.5 h6 M10 4.5 v6 l-3 3.5 h10 l-3 -3.5 v-6 M12 14 v6",
    "lock": "M6.5 11 h11 v8.5 h-11 z M9 11 V8 a3 3 0 0 1 6 0 v3",
    "save": "M12 4 v10 M8 10.5 l4 4 l4 -4 M5 19 h14",
    "equal": "M5 9 h14 M5 15 h14",
    "bench": "M4.5 4 v15.5 h15.5 M7.5 15.5 l4 -2.5 l3.5 -1 l4.5 -6.5 M7.5 16.5 l4 -1 l3.5 0.5 l4.5 -1",
    "inside": "M10.5 4.5 a6 6 0 1 1 0 12 a6 6 0 1 1 0 -12 M15 15 l5 5 M7.5 10.5 h1.5 l1.2 -2.5 l1.4 5 l1 -2.5 h1",
    "one": "M12 4.5 a1.8 1.8 0 1 1 0 3.6 a1.8 1.8 0 1 1 0 -3.6 M12 8.5 v6 M12 14.5 l-2 5 M12 14.5 l2 5 M9 11 h6",
    "skeleton": "M12 3.5 a1.8 1.8 0 1 1 0 3.6 a1.8 1.8 0 1 1 0 -3.6 M12 8 v6 M6.5 13 l2 -4 h7 l2 4 M9 20.5 v-4 l1 -2.5 "
    "h4 l1 2.5 v4",
    "body": "M12 2.5 a2 2 0 1 1 0 4 a2 2 0 1 1 0 -4 M9 8.5 h6 l3.5 5 M9 8.5 l-3.5 5 M9.5 11 v10 h2 v-6 h1 v6 h2 v-10",
    "both": "M12 2.5 a2 2 0 1 1 0 4 a2 2 0 1 1 0 -4 M12 9 v5.5 M12 14.5 l-2.5 6 M12 14.5 l2.5 6 M6 13.5 l3 -4.5 h6 "
    "l3 4.5 M7 20 v-6 M17 20 v-6",
    "grid": "M4 5 h7 v6 h-7 z M13 5 h7 v6 h-7 z M4 13 h7 v6 h-7 z M13 13 h7 v6 h-7 z",
    "linked": "M10 14 a3.6 3.6 0 0 1 0 -5 l2.6 -2.6 a3.6 3.6 0 0 1 5 5 l-1.6 1.6 "
    "M14 10 a3.6 3.6 0 0 1 0 5 l-2.6 2.6 a3.6 3.6 0 0 1 -5 -5 l1.6 -1.6",
    "errors": "M7 4 h4 v16 h-4 z M7 9.3 h4 M7 14.7 h4 M14.5 5 h3 M14.5 12 h3 M14.5 19 h3",
    "bookmark": "M7 4 h10 v16 l-5 -4.2 l-5 4.2 z",
    "reset": "M5 12 a7 7 0 1 0 2.4 -5.3 M4.5 3.5 v4 h4",
    "camera": "M4 7.5 h4 l1.5 -2.5 h5 l1.5 2.5 h4 v11 h-16 z M12 10 a3 3 0 1 1 0 6 a3 3 0 1 1 0 -6",
}


def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Draw one icon as a picture of size x size logical pixels."""
    if name in FILLED:
        shape = f'<path d="{FILLED[name]}" fill="{colour}"/>'
    else:
        width = 3.2 if name == "more" else 1.9
        shape = (
            f'<path d="{STROKED[name]}" fill="none" stroke="{colour}" stroke-width="{width}" '
            'stroke-linecap="round" stroke-linejoin="round"/>'
        )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{shape}</svg>'
    picture = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(picture.rect()))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def icon(name: str, colour: str, disabled: str = "", *, size: int = 20) -> QIcon:
    """Make one icon, sharp at single and double pixel density, with its disabled colour."""
    result = QIcon()
    for ratio in (1.0, 2.0):
        result.addPixmap(pixmap(name, colour, size, ratio))
        if disabled:
            result.addPixmap(pixmap(name, disabled, size, ratio), QIcon.Mode.Disabled)
    return result
