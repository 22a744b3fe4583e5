"""A camera's picture with what was found in it: keypoints, and the projections of predictions over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.look.theme import THEMES, Theme, tabular
from app.widgets.painting import faded

Float = NDArray[np.float64]

LINE, POINT, UNDER = 2.2, 2.6, 1.8
"""Widths and radius of lines and points in a panel 360 pixels high, and how much wider the dark line under each is."""
BAND = 22


@dataclass(frozen=True, eq=False)
class Overlay:
    """Joints over a picture: xy (J, 2) pixels of the picture, seen (J,); colour None: what the detector found.

    label  its name beside the person, "" for none
    """

    xy: Float
    seen: NDArray[np.bool_]
    bones: Sequence[tuple[int, int]]
    colour: str | None = None
    label: str = ""

    @classmethod
    def of_model(cls, xy: Float, bones: Sequence[tuple[int, int]], colour: str) -> Overlay:
        """A model's joints (J, 2), NaN where they would not be seen."""
        return cls(xy, np.asarray(~np.isnan(xy).any(-1)), bones, colour)


class PictureView(QWidget):
    """The whole picture, as large as it fits; a line of text above it.

    picked  where it was clicked, pixels of the picture
    """

    picked = Signal(float, float)

    def __init__(self, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty, self._theme = empty, THEMES["dark"]
        self._image: QImage | None = None
        self._overlays: tuple[Overlay, ...] = ()
        self._title, self._note = "", ""
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_picture(
        self, picture: NDArray[np.uint8] | None, overlays: Sequence[Overlay] = (), title: str = "", note: str = ""
    ) -> None:
        """picture (H, W, 3) blue, green, red; None: only the text for an empty view."""
        if picture is None:
            self._image = None
        else:
            import cv2  # here: the window's start need not wait for it

            self._rows = cv2.cvtColor(
                np.ascontiguousarray(picture), cv2.COLOR_BGR2BGRA
            )  # Qt scales these four times as fast
            height, width = picture.shape[:2]
            self._image = QImage(self._rows.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        self._overlays, self._title, self._note = tuple(overlays), title, note
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_empty_text(self, text: str) -> None:
        self._empty = text
        self.update()

    def room(self) -> QRectF:
        """Of the widget, what a picture may take."""
        return QRectF(self.rect()).adjusted(0, self.band(), 0, 0)

    def band(self) -> int:
        """Pixels of the line of text above it."""
        return max(BAND, self.fontMetrics().height() + 4)

    def place(self) -> tuple[QRectF, float]:
        """Where the picture lies in the widget, and widget pixels for one of its own."""
        room = self.room()
        if self._image is None:
            return room, 1.0
        scale = min(room.width() / self._image.width(), room.height() / self._image.height())
        width, height = scale * self._image.width(), scale * self._image.height()
        return QRectF(room.center().x() - width / 2, room.center().y() - height / 2, width, height), scale

    def mousePressEvent(self, event: QMouseEvent) -> None:
        where, scale = self.place()
        if self._image is not None and where.contains(event.position()):
            at = (event.position() - where.topLeft()) / scale
            self.picked.emit(at.x(), at.y())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(self._theme.plot))
        font = tabular(QFont(self.font()))
        painter.setFont(font)
        painter.setPen(QColor(self._theme.muted))
        if self._image is None:
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(16, 16, -16, -16), words, self._empty)
        else:
            line = QRectF(8, 0, self.width() - 16, self.band())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._note)
            painter.setPen(QColor(self._theme.text))
            letters = painter.fontMetrics()
            left = round(line.width()) - letters.horizontalAdvance(self._note) - letters.averageCharWidth()
            title = letters.elidedText(self._title, Qt.TextElideMode.ElideMiddle, max(left, 0))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)
            where, scale = self.place()
            painter.drawImage(where, self._image)
            painter.setClipRect(where)
            for overlay in self._overlays:
                self._paint(painter, overlay, where.topLeft(), scale, where.height() / 360)
        painter.end()

    def _paint(self, painter: QPainter, overlay: Overlay, corner: QPointF, scale: float, size: float) -> None:
        """Dark below, the colour above: it is read on any picture."""
        size = max(size, 0.5)
        placed = np.nan_to_num(overlay.xy) * scale + (corner.x(), corner.y())
        points, seen = [QPointF(x, y) for x, y in placed.tolist()], overlay.seen.tolist()
        colour = QColor(overlay.colour or "#ffffff")
        bones = [(points[a], points[b]) for a, b in overlay.bones if seen[a] and seen[b]]
        for pen in (
            QPen(faded("#000000", 0.55), (LINE + UNDER) * size, c=Qt.PenCapStyle.RoundCap),
            QPen(colour, LINE * size, c=Qt.PenCapStyle.RoundCap),
        ):
            painter.setPen(pen)
            for start, end in bones:
                painter.drawLine(start, end)
        if overlay.colour is None:
            painter.setPen(QPen(faded("#000000", 0.7), 1.2 * size))
            painter.setBrush(colour)
            for joint in np.flatnonzero(overlay.seen):
                painter.drawEllipse(points[int(joint)], POINT * size, POINT * size)
        if overlay.label and overlay.seen.any():
            self._name(painter, overlay, points, colour)

    def _name(self, painter: QPainter, overlay: Overlay, points: Sequence[QPointF], colour: QColor) -> None:
        top = min((points[int(joint)] for joint in np.flatnonzero(overlay.seen)), key=lambda point: point.y())
        high = max(20, painter.fontMetrics().height())
        room = QRectF(top.x() - 10 * high, top.y() - 10 - high, 20 * high, high)
        painter.setPen(faded("#000000", 0.8))
        painter.drawText(room.translated(1, 1), Qt.AlignmentFlag.AlignCenter, overlay.label)
        painter.setPen(colour)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, overlay.label)
