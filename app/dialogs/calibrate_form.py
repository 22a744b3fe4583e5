"""What cameras are calibrated from: folders of pictures, and the board in them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QSpinBox,
)

from app.dialogs.fields import add_rows, ask_folder, spin, with_button
from app.docks.panel import Panel, hint, tipped
from app.look.theme import SPACE
from app.state.preferences import Preferences
from app.widgets.segmented import Segmented
from app.widgets.sliders import label
from app.workers.calibration import BoardChoice

WIDTH = 288
KINDS = {
    "checkerboard": ("Checkerboard", "All of its corners have to be in a picture"),
    "charuco": ("ChArUco", "A checkerboard with markers, of which a part is enough"),
}


class CalibrateForm(Panel):
    """A `BoardChoice`. Emits `changed`."""

    changed = Signal()

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self._preferences, self._kind = preferences, BoardChoice().kind
        start = BoardChoice()
        self.lenses, self.together = QLineEdit(), QLineEdit()
        self.lenses.setPlaceholderText("drop it here")
        self.together.setPlaceholderText("none: lenses alone")
        self.floor = tipped(
            QCheckBox("On the floor in the last picture"), "The floor is then at Z = 0, and Z points up"
        )
        self.kind = Segmented(KINDS)
        self.columns = tipped(
            spin(QSpinBox(), 2, 100, start.columns), "Inner corners in a row, where four squares meet"
        )
        self.rows = tipped(spin(QSpinBox(), 2, 100, start.rows), "Inner corners in a column")
        self.square = tipped(spin(QDoubleSpinBox(), 1, 2000, start.square_mm), "Side of a square: the scale of all")
        self.square.setSuffix(" mm")
        self.dictionary = tipped(QLineEdit(start.dictionary), "OpenCV's name of the markers: 4X4_100, 5X5_100, …")
        self.marker = tipped(
            spin(QDoubleSpinBox(), 0.1, 0.95, start.marker), "Share of a square's side that its marker takes"
        )
        self.marker.setSingleStep(0.05)
        self._lay_out()
        self.kind.chosen.connect(self._set_kind)
        for edit in (self.lenses, self.together):
            edit.setAcceptDrops(False)  # what is dropped is the window's
            edit.textChanged.connect(lambda _: self.changed.emit())
        self.show_choice(start)

    def _lay_out(self) -> None:
        column = self.column
        column.setContentsMargins(0, 0, SPACE, 0)
        column.addWidget(label("PICTURES OF A BOARD", "heading"))
        folders = QFormLayout()
        for name, edit, tip in (
            ("Lenses", self.lenses, "Folder with a folder of pictures for each camera"),
            ("Together", self.together, "The same, of pictures that all cameras took at the same moments, in order"),
        ):
            add_rows(folders, {name: with_button(edit, f"{tip} …", partial(self._ask, edit, tip))})
        column.addLayout(folders)
        column.addWidget(self.floor)
        column.addWidget(hint("A folder for each camera, named after it. A dozen pictures or more, the board tilted "
                              "every way and in every corner."))  # fmt: skip
        self.rule()
        column.addWidget(label("THE BOARD", "heading"))
        column.addWidget(self.kind)
        self._board = board = QFormLayout()
        add_rows(
            board,
            {
                "Columns": self.columns,
                "Rows": self.rows,
                "Square": self.square,
                "Markers": self.dictionary,
                "Their size": self.marker,
            },
        )
        column.addLayout(board)
        column.addStretch()

    def choice(self) -> BoardChoice:
        """What would be calibrated."""
        return BoardChoice(
            lenses=self.lenses.text().strip(),
            together=self.together.text().strip(),
            floor=self.floor.isChecked(),
            kind=self._kind,
            columns=self.columns.value(),
            rows=self.rows.value(),
            square_mm=self.square.value(),
            marker=self.marker.value(),
            dictionary=self.dictionary.text().strip(),
        )

    def show_choice(self, choice: BoardChoice) -> None:
        self.lenses.setText(choice.lenses)
        self.together.setText(choice.together)
        self.floor.setChecked(choice.floor)
        self._set_kind(choice.kind)
        self.columns.setValue(choice.columns)
        self.rows.setValue(choice.rows)
        self.square.setValue(choice.square_mm)
        self.marker.setValue(choice.marker)
        self.dictionary.setText(choice.dictionary)

    def take(self, path: Path) -> None:
        """Take a dropped folder: of lenses; of pictures together if lenses are there already, and it is another."""
        folder = str(path if path.is_dir() else path.parent.parent)
        taken = self.lenses.text().strip()
        (self.together if taken and taken != folder else self.lenses).setText(folder)

    def _set_kind(self, kind: str) -> None:
        self._kind = "charuco" if kind == "charuco" else "checkerboard"
        self.kind.set_choice(self._kind)
        for field in (self.dictionary, self.marker):
            self._board.setRowVisible(field, self._kind == "charuco")

    def _ask(self, edit: QLineEdit, title: str) -> None:
        edit.setText(ask_folder(self, title, self._preferences, edit.text()) or edit.text())
