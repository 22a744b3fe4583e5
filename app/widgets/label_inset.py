"""The labels that are likeliest now, in a corner of the 3D view: a bar for each, a block for each model."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.look.label_colours import label_colour
from app.look.theme import THEMES, model_colour
from app.present.labels import LabelStrip, label_strips, percent
from app.state.moment import frame_at
from app.state.results import Shown
from app.state.state import State
from app.widgets.inset import Inset
from app.widgets.painting import HEADING, begin_inset

WIDTH, ROW, MARGIN, CHIP = 200, 19, 7, 9
MOST = 3


class LabelInset(Inset):
    """Hidden where no model gives labels."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(state, parent, "The likeliest labels of this moment and their probabilities.")

    def rows(self) -> list[tuple[LabelStrip, list[tuple[int, str, float]]]]:
        """List what each model gives now: number, name and probability of its likeliest labels."""
        return [(strip, strip.likeliest(self._state.moment.seconds, MOST)) for strip in self.strips]

    def show_results(self, shown: Shown | None) -> None:
        self.strips = label_strips(shown)
        lines = sum(1 + min(MOST, len(strip.scores.labels)) for strip in self.strips)
        self.resize(WIDTH, MARGIN * 2 + lines * ROW)
        self.setVisible(bool(self.strips))

    def frames_at(self, seconds: float) -> tuple[int, ...]:
        return tuple(frame_at(strip.scores.times, seconds) for strip in self.strips)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = THEMES[self._state.view.theme]
        painter = begin_inset(self, theme, " ", " ")
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        plain = painter.font()
        strong = QFont(plain)
        strong.setWeight(QFont.Weight.DemiBold)
        y = float(MARGIN)
        for strip, likely in self.rows():
            painter.fillRect(QRectF(MARGIN, y + (ROW - CHIP) / 2, CHIP, CHIP), QColor(model_colour(strip.colour)))
            painter.setFont(plain)
            painter.setPen(QColor(theme.muted))
            place = QRectF(MARGIN + CHIP + 6, y, WIDTH - 2 * MARGIN - CHIP - 6, HEADING)
            name = painter.fontMetrics().elidedText(strip.model, Qt.TextElideMode.ElideRight, int(place.width()))
            painter.drawText(place, left, name)
            y += ROW
            for rank, (number, label, share) in enumerate(likely):
                row = QRectF(MARGIN, y + 1, WIDTH - 2 * MARGIN, ROW - 3)
                painter.fillRect(row, QColor(theme.raised))
                bar = QRectF(row.x(), row.y(), row.width() * share, row.height())
                painter.fillRect(bar, QColor(label_colour(number, theme)))
                painter.setFont(strong if rank == 0 else plain)
                painter.setPen(QColor(theme.text if rank == 0 else theme.muted))
                inside = row.adjusted(6, 0, -6, 0)
                painter.drawText(inside, left, label)
                painter.drawText(inside, right, percent(share))
                y += ROW
        painter.end()
