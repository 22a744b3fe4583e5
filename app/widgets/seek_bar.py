"""The seek bar: the moment in the clip, a strip of each model's labels or error, the loop, bookmarks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import chain, count

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.look.theme import THEMES, Theme
from app.present.labels import LabelStrip
from app.present.wording import clock_text
from app.widgets.heat_strips import SCALE, Heat, heat_height, heat_said, paint_heat, paint_heat_scale
from app.widgets.label_strip import ROW, paint_label_strip
from app.widgets.painting import faded

EDGE = 10  # free space left and right, so that the ends of the clip can be grabbed
STRIP_TOP = 8  # where strips begin; the heat strips stand below those of labels
MARK = 4  # half the width of a bookmark
TRACK = 10
TICK_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800)
TICK_ROOM = 55
"""Pixels from one time on the scale to the next, at least."""
GRAB = 7


def tick_step(seconds: float, pixels: float) -> float:
    """Return the seconds from one time on a scale to the next; hours double until they fit."""
    hours = (3600.0 * 2**k for k in count())
    return next(step for step in chain(TICK_STEPS, hours) if step * pixels >= TICK_ROOM * seconds)


class SeekBar(QWidget):
    """Times of the clip from left to right. Click or drag to go there; drag the brackets to set the loop.

    Bookmarks stand above the strips; a click on one goes exactly there.

    Signals: `sought` (seconds), `loop_dragged` (first and last second).
    """

    sought = Signal(float)
    loop_dragged = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self._start, self._end, self._at = 0.0, 0.0, 0.0
        self._loop = (0.0, 0.0)
        self._strips: list[Heat] = []
        self._labels: list[LabelStrip] = []
        self._marks: list[tuple[float, str]] = []  # seconds, note
        self._background: QPixmap | None = None
        self._dragging = ""
        self._theme = THEMES["dark"]
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("Timeline")

    def sizeHint(self) -> QSize:
        return QSize(400, self._bottom + TRACK + 20)

    @property
    def _top(self) -> int:
        """Where the heat strips begin."""
        return STRIP_TOP + ROW * len(self._labels)

    @property
    def _bottom(self) -> int:
        """Where the heat strips end."""
        return self._top + heat_height(len(self._strips))

    @property
    def _across(self) -> int:
        """The pixels of the whole clip."""
        return max(self.width() - 2 * EDGE - (SCALE if self._strips else 0), 1)

    # -- what is shown --------------------------------------------------------------------------------------

    def set_span(self, start: float, end: float) -> None:
        self._start, self._end = start, end
        self._redraw()

    def set_loop(self, first: float, last: float) -> None:
        self._loop = (first, last)
        self._redraw()

    def set_strips(self, strips: Sequence[Heat]) -> None:
        """Show a heat strip for each model; the bar is taller with them."""
        taller = len(strips) != len(self._strips)
        self._strips = list(strips)
        if taller:
            self.updateGeometry()
        self._redraw()

    def set_labels(self, strips: Sequence[LabelStrip]) -> None:
        """Show a strip of labels for each model that gives any; the bar is taller with them."""
        taller = len(strips) != len(self._labels)
        self._labels = list(strips)
        if taller:
            self.updateGeometry()
        self._redraw()

    def set_marks(self, marks: Sequence[tuple[float, str]]) -> None:
        """Show bookmarks: seconds and note."""
        self._marks = list(marks)
        self._redraw()

    def set_time(self, seconds: float) -> None:
        """Move the playhead; only the strip of pixels around it is painted again."""
        before, self._at = self._x(self._at), seconds
        for x in (before, self._x(seconds)):
            self.update(QRect(round(x) - 8, 0, 17, self.height()))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._redraw()

    # -- places and times -----------------------------------------------------------------------------------

    def _x(self, seconds: float) -> float:
        length = self._end - self._start
        fraction = (seconds - self._start) / length if length > 0 else 0.0
        return EDGE + fraction * self._across

    def _seconds(self, x: float) -> float:
        fraction = (x - EDGE) / self._across
        return self._start + min(max(fraction, 0.0), 1.0) * (self._end - self._start)

    # -- painting -------------------------------------------------------------------------------------------

    def _redraw(self) -> None:
        self._background = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._background is None:
            self._background = self._paint_background()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._background)
        if self._end <= self._start:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, bottom = self._x(self._at), self._bottom + TRACK
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.text))
        painter.drawRect(QRectF(x - 1, STRIP_TOP - 3, 2, bottom - STRIP_TOP + 3))
        painter.drawEllipse(QPointF(x, self._bottom + TRACK / 2 + 1), 6, 6)

    def _paint_background(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self._across
        self._paint_strips(painter, width)
        self._paint_track(painter, width)
        self._paint_ticks(painter)
        self._paint_marks(painter)
        painter.end()
        return picture

    def _paint_strips(self, painter: QPainter, width: int) -> None:
        for row, strip in enumerate(self._labels):
            box = QRectF(EDGE, STRIP_TOP + row * ROW, width, ROW - 2)
            paint_label_strip(painter, strip, box, self._x, self._theme)
        area = QRectF(EDGE, self._top, width, self._bottom - self._top - 2)
        if not self._strips:
            painter.fillRect(area, QColor(self._theme.raised))
            return
        paint_heat(painter, self._strips, area, (self._start, self._end))
        scale = QRectF(area.right() + EDGE, area.top(), SCALE, area.height())
        paint_heat_scale(painter, self._strips, scale, self._theme)

    def _paint_marks(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.text))
        for seconds, _ in self._marks:
            x, y = self._x(seconds), STRIP_TOP - 1
            painter.drawPolygon(QPolygonF([QPointF(x - MARK, 0), QPointF(x + MARK, 0), QPointF(x, y)]))
            painter.drawRect(QRectF(x - 0.5, y - 2, 1, self._bottom - STRIP_TOP + 1))

    def _paint_track(self, painter: QPainter, width: int) -> None:
        theme, y = self._theme, self._bottom + TRACK / 2 + 1
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.hover))
        painter.drawRoundedRect(QRectF(EDGE, y - 2, width, 4), 2, 2)
        if self._end <= self._start:
            return
        first, last = (self._x(t) for t in self._loop)
        painter.setBrush(QColor(theme.accent))
        painter.drawRoundedRect(QRectF(first, y - 2, max(last - first, 1), 4), 2, 2)
        for x, side in ((first, -1), (last, 1)):  # brackets
            painter.drawPolygon(
                QPolygonF(
                    [QPointF(x, y - 6), QPointF(x + 5 * side, y - 6), QPointF(x + 5 * side, y + 6), QPointF(x, y + 6)]
                )
            )

    def _paint_ticks(self, painter: QPainter) -> None:
        length = self._end - self._start
        if length <= 0:
            return
        font = painter.font()
        font.setPointSizeF(8.0)
        painter.setFont(font)
        step = tick_step(length, max(self.width(), 1))
        top = self._bottom + TRACK + 4
        for k in range(int(length / step + 1e-6) + 1):
            x = self._x(self._start + k * step)
            painter.setPen(faded(self._theme.muted, 0.9))
            text = f"{k * step:g} s" if step < 60 else clock_text(k * step)[:-3]
            box = QRectF(x - 30, top + 1, 60, 14)
            box.moveRight(min(box.right(), EDGE + self._across + EDGE - 1.0))
            box.moveLeft(max(box.left(), 1.0))
            at = Qt.AlignmentFlag.AlignLeft if box.left() <= 1 else Qt.AlignmentFlag.AlignHCenter
            painter.drawText(box, at | Qt.AlignmentFlag.AlignTop, text)

    # -- the mouse ------------------------------------------------------------------------------------------

    def _part(self, place: QPointF) -> str:
        if place.y() > self._bottom - 4:
            first, last = (self._x(t) for t in self._loop)
            if -GRAB - 2 <= place.x() - first <= 1:
                return "first"
            if -1 <= place.x() - last <= GRAB + 2:
                return "last"
        return "head"

    def _mark(self, place: QPointF) -> tuple[float, str] | None:
        """Find the bookmark at a place above the track."""
        near = min(self._marks, key=lambda mark: abs(self._x(mark[0]) - place.x()), default=None)
        if near is None or abs(self._x(near[0]) - place.x()) > MARK or place.y() > self._bottom:
            return None
        return near

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._end > self._start:
            self._dragging = self._part(event.position())
            self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        mark = self._mark(event.position())
        seconds = self._seconds(event.position().x()) if mark is None else mark[0]
        if self._dragging == "head":
            self.sought.emit(seconds)
        elif self._dragging == "first":
            self.loop_dragged.emit(min(seconds, self._loop[1]), self._loop[1])
        elif self._dragging == "last":
            self.loop_dragged.emit(self._loop[0], max(seconds, self._loop[0]))
        else:
            part = self._part(event.position())
            self.setCursor(Qt.CursorShape.PointingHandCursor if part == "head" else Qt.CursorShape.SizeHorCursor)
        if self._end > self._start:
            QToolTip.showText(event.globalPosition().toPoint(), self._said(seconds, mark), self)

    def _said(self, seconds: float, mark: tuple[float, str] | None) -> str:
        """The text of the tip: the time, the note of a bookmark, what each model takes the motion for, its error."""
        labels = [strip.said(seconds) for strip in self._labels]
        if len(labels) > 1:
            labels = [f"{strip.model}: {said}" for strip, said in zip(self._labels, labels, strict=True)]
        lines = [clock_text(seconds - self._start), *([mark[1]] if mark and mark[1] else []), *labels]
        return "<br>".join(escape(line) for line in lines) + heat_said(self._strips, seconds)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = ""
