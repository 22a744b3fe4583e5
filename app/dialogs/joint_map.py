"""The joints of a rig by hand: which of the file's joints is which, remembered for every file with these joints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QWidget

from app.dialogs.tool import Tool
from app.docks.panel import hint, tipped
from app.state.clip import Reader
from app.widgets.sliders import label
from engine.errors import InputError
from engine.motion.joint_maps import ROLES, map_by_hand, remember
from engine.motion.roles import roles_by_names

BY_NAMES = "by its name"
OPTIONAL = ("neck", "head top")


class JointMapWindow(Tool):
    """A box for each role, with the joints of the file; `boxes` by role.

    open_clip(source, reader) opens the clip again when the map is kept
    """

    def __init__(self, parent: QWidget, open_clip: Callable[[str, Reader], None]) -> None:
        super().__init__(parent, "Joints by hand", QSize(560, 560), aside=True)
        self._open = open_clip
        self._source, self._reader = "", Reader()
        self._joints: tuple[str, ...] = ()
        self.about = hint("")
        self.column.addWidget(self.about)
        self.boxes: dict[str, QComboBox] = {}
        self.column.addWidget(self._make_table(), 1)
        self.note = hint("")
        self.column.addWidget(self.note)
        self.column.addLayout(self._make_buttons())

    def show_rig(self, source: str, reader: Reader, joints: Sequence[str], parents: Sequence[int] | None) -> None:
        """Show the map of a rig: parents (J,) tell joints apart whose names fit equally, where they are known."""
        self._source, self._reader, self._joints = source, reader, tuple(joints)
        self.about.setText(
            f"{Path(source).name} has {len(joints)} joints. A joint that is chosen here goes before all names; it is "
            "remembered for every file with the same joints, and saved with the session."
        )
        by_hand, by_names = map_by_hand(joints), roles_by_names(joints, parents)
        for role, box in self.boxes.items():
            found = by_names.get(role)
            box.clear()
            box.addItem(f"{joints[found]} ({BY_NAMES})" if found is not None else "none found", None)
            for joint in joints:
                box.addItem(joint, joint)
            box.setCurrentIndex(max(box.findData(by_hand.get(role)), 0))
        self._found = {role: joints[j] for role, j in by_names.items()}
        self._say_what_is_missing()

    @property
    def joint_map(self) -> dict[str, str]:
        """The joints that were chosen, by role."""
        return {role: box.currentData() for role, box in self.boxes.items() if box.currentData() is not None}

    def keep(self) -> None:
        """Remember the map for the rig, and open the clip with it."""
        try:
            remember(Path(self._source), self._joints, self.joint_map, instead=True)
        except InputError as error:
            self.note.setText(str(error))
            return
        self.close()
        self._open(self._source, replace(self._reader, joints=None))

    # -- parts ----------------------------------------------------------------------------------------------

    def _make_table(self) -> QWidget:
        table = QWidget()
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        for column, side in enumerate(("left", "right"), 1):
            grid.addWidget(label(side.upper(), "heading"), 0, column)
        for role in ROLES:
            side, _, limb = role.rpartition(" ") if role.startswith(("left", "right")) else ("", "", role)
            box = self.boxes[role] = tipped(QComboBox(), f"The file's joint that is the {role}")
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setAccessibleName(role)
            box.activated.connect(self._say_what_is_missing)
            row = grid.rowCount() - (side == "right")
            if side != "right":
                grid.addWidget(label(limb.capitalize(), "muted"), row, 0)
            grid.addWidget(box, row, 2 if side == "right" else 1, 1, 1 if side else 2)
        grid.setRowStretch(grid.rowCount(), 1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(table)
        return area

    def _make_buttons(self) -> QHBoxLayout:
        self.keep_button = tipped(QPushButton("Keep and open"), "Remember these joints and open the clip with them")
        self.keep_button.setObjectName("primary")
        self.keep_button.clicked.connect(self.keep)
        self.by_names = tipped(QPushButton("All by their names"), "Take every choice back")
        self.by_names.clicked.connect(self._take_back)
        row = QHBoxLayout()
        row.addWidget(self.keep_button)
        row.addWidget(self.by_names)
        row.addStretch()
        return row

    def _take_back(self) -> None:
        for box in self.boxes.values():
            box.setCurrentIndex(0)
        self._say_what_is_missing()

    def _say_what_is_missing(self) -> None:
        by_hand = self.joint_map
        taken = {joint for role, joint in self._found.items() if role not in by_hand} - set(by_hand.values())
        there = set(by_hand) | {role for role, joint in self._found.items() if joint in taken}
        missing = [role for role in ROLES if role not in there and role not in OPTIONAL]
        self.note.setText(
            f"Missing: {', '.join(missing)}." if missing else "Every joint that is needed has been found."
        )
