"""Pictures of several live cameras: a tick blinds one, fields turn and delay it, and a line says how it does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSpinBox

from app.dialogs.fields import spin
from app.dialogs.rig_pictures import CameraPicture, PictureGrid, blank
from app.docks.panel import tipped
from app.look.theme import model_colour
from app.present.live_rig import Sight
from app.widgets.picture_view import Overlay
from app.widgets.sliders import label
from engine.cameras.pinhole import Camera
from engine.motion.skeleton import H36M_17

MOST_LATE_MS, STEP_MS = 500, 20
MOST_TURNED = 30
"""Degrees."""
LEAST = QSize(160, 130)
AROUND, ABOVE, SIDE = 20, 10, 4
"""Pixels that the field takes beside and above its text, and what is left beside it."""
LONG = "100.0 Hz · +10 ms · 10.0 px · 100 dropped"
"""Where this does not fit, figures take two lines."""
OTHERS = "#9aa0aa"
ON_TIME, IN_PLACE, NO_BREAK = "on time", "in place", "\N{NO-BREAK SPACE}"


class LiveCameraPicture(CameraPicture):
    """Emits `changed` when the camera is blinded, or is to be late or turned by something else."""

    changed = Signal()

    def __init__(self, camera: Camera) -> None:
        super().__init__(camera)
        self.setMinimumSize(LEAST)
        self.tick.setToolTip("Whether models are given what this camera sees; it is measured all the same")
        self.late = tipped(
            spin(QSpinBox(self), 0, MOST_LATE_MS, 0), "By how much later models are given what this camera sees"
        )
        self.late.setSingleStep(STEP_MS)
        self.late.setSpecialValueText(ON_TIME)
        self.late.setSuffix(" ms")
        self.turned = tipped(
            spin(QSpinBox(self), 0, MOST_TURNED, 0),
            "By how much models are told that this camera stands turned, about the vertical: as if it had been moved",
        )
        self.turned.setSpecialValueText(IN_PLACE)
        self.turned.setSuffix("°")
        self.figures: QLabel = label("", "muted")
        self.figures.setWordWrap(True)
        self.figures.setParent(self)
        self.tick.toggled.connect(lambda _: self.changed.emit())
        for field in (self.late, self.turned):
            field.valueChanged.connect(lambda _: self.changed.emit())

    def band(self) -> int:
        """A line or two with tick and fields, and one or two of text."""
        lines = 1 if self.fontMetrics().horizontalAdvance(LONG) < self._room() else 2
        return (2 if self._narrow() else 1) * self._line() + lines * super().band()

    def show_sight(self, sight: Sight | None) -> None:
        """Draw a picture with keypoints, those of others than the followed one grey, and the models' joints."""
        if sight is None:
            self.show_picture(blank(self.camera))
            return
        scale, bones = sight.pictured.scale, H36M_17.bones
        overlays = []
        for k, person in enumerate(sight.people):
            colour = None if k == sight.followed else OTHERS
            overlays.append(Overlay(person.xy[0] * scale, np.asarray(person.confidence[0] > 0), bones, colour))
        overlays += [
            Overlay.of_model(xy * scale, bones, model_colour(k)) for k, xy in enumerate(sight.models) if xy is not None
        ]
        self.show_picture(sight.pictured.picture, overlays)

    def said(self) -> str:
        """What was done to the camera: "on time", "80 ms late, turned by 5°" or "blind"."""
        done = [f"{self.late.value()} ms late"] if self.late.value() else []
        done += [f"turned by {self.turned.value()}°"] if self.turned.value() else []
        return (", ".join(done) or ON_TIME) if self.tick.isChecked() else "blind"

    def say(self, short: str, tip: str) -> None:
        """Put how the camera does into the second line, which is broken between two figures only."""
        self.figures.setText(short.replace(" ", NO_BREAK).replace(f"·{NO_BREAK}", "· "))
        self.figures.setToolTip(tip)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        line, right, narrow = self._line(), self.width() - SIDE, self._narrow()
        above = line if narrow else 0
        for field, wide in zip((self.late, self.turned), self._wide(), strict=True):
            field.setGeometry(right - wide, above, wide, line)
            right -= wide + SIDE
        self.tick.setGeometry(SIDE, 0, self._room() if narrow else right - SIDE, line)
        self.figures.setGeometry(SIDE, above + line, self._room(), self.band() - above - line)

    def _wide(self) -> tuple[int, int]:
        """Pixels across of the fields."""
        late, turned = (self.fontMetrics().horizontalAdvance(text) + AROUND for text in (ON_TIME, IN_PLACE))
        return late, turned

    def _narrow(self) -> bool:
        """Whether the fields need a line of their own, below the name."""
        return self.tick.sizeHint().width() + sum(self._wide()) + 3 * SIDE > self._room()

    def _line(self) -> int:
        """Pixels of the line with the fields."""
        return self.fontMetrics().height() + ABOVE

    def _room(self) -> int:
        return self.width() - 2 * SIDE


class LiveRigPictures(PictureGrid[LiveCameraPicture]):
    """All of them. Emits `changed` as each does."""

    changed = Signal()

    def __init__(self, empty: str) -> None:
        super().__init__(empty, LiveCameraPicture)

    def set_cameras(self, cameras: Sequence[Camera]) -> None:
        before = set(self.cameras)
        super().set_cameras(cameras)
        for picture in self.cameras:
            if picture not in before:
                picture.changed.connect(self.changed)
