"""The bodies that are installed: which there are, where licensed ones come from, and the one that is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.dialogs.tool import Tool
from app.docks.panel import hint, tipped, wrap
from app.look.theme import THEMES
from app.state.preferences import Preferences
from app.state.state import State
from app.widgets.sliders import label
from app.widgets.status import ThinBar
from app.workers.bridge import Bridge
from app.workers.ticket import Ticket
from engine.body import library
from engine.body.smpl_search import SmplFile, install, load_smpl, smpl_files, smpl_folder
from engine.errors import InputError
from engine.progress import Cancelled

HEADS = ("Body", "Model", "Vertices", "Shapes", "Height")
SITES = (
    ("SMPL", "smpl.is.tue.mpg.de", "SMPL for Python"),
    ("SMPL-H", "mano.is.tue.mpg.de", "Extended SMPL+H model, for the motions of AMASS"),
    ("SMPL-X", "smpl-x.is.tue.mpg.de", "SMPL-X"),
)
"""Model, where it is, and what to download there."""


@dataclass(frozen=True)
class Line:
    """One body of the library, or why its file is refused."""

    name: str
    model: str = ""
    vertices: int = 0
    shapes: int = 0
    height_m: float = 0.0
    about: str = ""
    refused: str = ""

    @property
    def usable(self) -> bool:
        return not self.refused


def line_of(name: str, file: SmplFile | None) -> Line:
    """Read a body, and say what it is."""
    try:
        body = library.body(name) if file is None else load_smpl(file)
    except InputError as error:
        return Line(name, file.model if file else "", refused=str(error))
    shapes = body.shape_directions.shape[2]
    model = file.model if file else "SMPL's layout"
    return Line(name, model, len(body), shapes, body.height_m(np.zeros(shapes)), body.about)


class ListJob:
    """Reads every body of the library; hands over a `Line` for each."""

    def __call__(self, ticket: Ticket) -> None:
        names, files = library.names(), smpl_files()
        for k, name in enumerate(names):
            if ticket.cancelled():
                raise Cancelled
            ticket.report(k / len(names), f"reading {name}")
            ticket.hand_over(line_of(name, files.get(name)))


class InstallJob:
    """Checks what was chosen and copies it to the person's own files; gives the `SmplFile`s."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def __call__(self, ticket: Ticket) -> list[SmplFile]:
        ticket.report(0.0, f"checking {self.path.name}")
        installed = install(self.path, lambda file: ticket.report(0.5, f"copied {file.path.name}"))
        library.forget_licensed()
        return installed


class BodiesWindow(Tool):
    """Lists the bodies whenever it is opened and whenever one has come."""

    def __init__(self, state: State, bridge: Bridge, parent: QWidget, *, preferences: Preferences) -> None:
        super().__init__(parent, "Body models", QSize(680, 520))
        self._state, self._bridge, self._preferences = state, bridge, preferences
        self._worker = bridge.worker("bodies")
        self._said = ""
        self.lines: list[Line] = []
        self.table = self._make_table()
        self.column.addWidget(self.table, 1)
        self.column.addLayout(self._make_choice())
        self.empty = hint(
            "No licensed body is installed, and none is needed: Kinestate's own body is free to use. Files of SMPL, "
            "SMPL-H or SMPL-X that you have show people as their authors made them."
        )
        self.column.addWidget(self.empty)
        self.column.addWidget(label("LICENSED BODIES", "heading"))
        self.column.addWidget(_sites())
        self.where = hint(f"Chosen files are checked and copied to {smpl_folder()}.")
        self.column.addWidget(self.where)
        self.column.addLayout(self._make_buttons())
        self._worker.report_to(
            part=self._on_line,
            done=self._on_done,
            failed=self._on_failed,
            progress=self._on_progress,
            busy=self._on_busy,
        )
        state.view.events.body.connect(self._show_choice)

    def opened(self) -> None:
        self._said = ""
        self.list_bodies()

    def closed(self) -> None:
        self._worker.cancel()

    def list_bodies(self) -> None:
        """Read the library anew."""
        self.lines = []
        self.table.setRowCount(0)
        self.empty.setVisible(not smpl_files())
        self._show_choice()
        self._worker.submit(ListJob())

    def take(self, path: str) -> None:
        """Check a file, folder or archive, and install what it holds."""
        self._preferences.folder = str(Path(path).parent)
        self._said = ""
        self._worker.submit(InstallJob(path))

    # -- parts ----------------------------------------------------------------------------------------------

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(HEADS))
        for column, text in enumerate(HEADS):
            head = QTableWidgetItem(text)
            head.setTextAlignment(_alignment(column))
            table.setHorizontalHeaderItem(column, head)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.setShowGrid(False)
        table.setWordWrap(True)
        table.verticalHeader().hide()
        heads = table.horizontalHeader()
        heads.setHighlightSections(False)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        heads.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(HEADS)):
            heads.resizeSection(column, 120 if column == 1 else 84)
        return table

    def _make_choice(self) -> QHBoxLayout:
        self.choice = tipped(QComboBox(), "The body that people wear in the 3D view")
        self.choice.activated.connect(self._on_choice)
        row = QHBoxLayout()
        row.addWidget(label("People wear", "muted"))
        row.addWidget(self.choice, 1)
        return row

    def _make_buttons(self) -> QHBoxLayout:
        self.file = tipped(QPushButton("Choose a file …"), "A model's file, or the archive that was downloaded")
        self.folder = tipped(QPushButton("Choose a folder …"), "A folder that holds models' files")
        self.file.setObjectName("primary")
        self.file.clicked.connect(self._ask_file)
        self.folder.clicked.connect(self._ask_folder)
        self.note = label("", "muted")
        wrap(self.note)
        self.progress = ThinBar(self._state)
        row = QHBoxLayout()
        for widget in (self.file, self.folder):
            row.addWidget(widget)
        row.addSpacing(4)
        row.addWidget(self.note, 1)
        row.addWidget(self.progress)
        return row

    def _ask_file(self) -> None:
        kinds = "Body models and their archives (*.npz *.pkl *.zip *.tar *.xz *.gz *.bz2);;All files (*)"
        path, _ = QFileDialog.getOpenFileName(self, "Body model", self._preferences.folder, kinds)
        if path:
            self.take(path)

    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Folder of body models", self._preferences.folder)
        if path:
            self.take(path)

    # -- what comes back ------------------------------------------------------------------------------------

    def _on_line(self, job: Callable[[Ticket], object], line: Line) -> None:
        self.lines.append(line)
        row = self.table.rowCount()
        self.table.insertRow(row)
        cells = [line.name, line.model, f"{line.vertices:,}", str(line.shapes), f"{line.height_m:.2f} m"]
        for column, text in enumerate(cells if line.usable else [line.name, line.refused]):
            item = QTableWidgetItem(text)
            item.setToolTip(line.about or line.refused)
            item.setTextAlignment(_alignment(column if line.usable else 0))
            if not line.usable:
                item.setForeground(QBrush(QColor(THEMES[self._state.view.theme].muted)))
            self.table.setItem(row, column, item)
        if not line.usable:
            self.table.setSpan(row, 1, 1, len(HEADS) - 1)
            self.table.resizeRowToContents(row)
        self._show_choice()

    def _on_done(self, job: Callable[[Ticket], object], result: list[SmplFile] | None) -> None:
        if result is not None:
            self._said = f"Installed {', '.join(file.name for file in result)}."
            self.list_bodies()
        else:
            self.note.setText(self._said)

    def _on_failed(self, job: Callable[[Ticket], object], error: Exception) -> None:
        self._said = self._bridge.say_failed(error, "Body models")
        self.note.setText(self._said)

    def _on_progress(self, fraction: float, text: str) -> None:
        self.progress.set_fraction(fraction)
        self.note.setText(text)

    def _on_busy(self, busy: bool) -> None:
        self.progress.setVisible(busy)
        for button in (self.file, self.folder):
            button.setEnabled(not busy)

    # -- the body that is shown -----------------------------------------------------------------------------

    def _show_choice(self) -> None:
        names = [line.name for line in self.lines if line.usable]
        self.choice.clear()
        self.choice.addItems(names)
        self.choice.setEnabled(bool(names))
        wanted = self._state.view.body
        self.choice.setCurrentIndex(names.index(wanted) if wanted in names else -1)
        self.choice.setPlaceholderText(f"{wanted} (not installed)" if names else "reading …")

    def _on_choice(self, index: int) -> None:
        self._state.view.body = self.choice.itemText(index)


def _sites() -> QLabel:
    """Paragraphs on where the models are, with links."""
    rows = "".join(
        f'<tr><td style="padding-right:14px"><b>{model}</b></td>'
        f'<td style="padding-right:14px"><a href="https://{site}">{site}</a></td><td>{file}</td></tr>'
        for model, site, file in SITES
    )
    text = QLabel(
        f"<table>{rows}</table><p>Registration is free; their licence allows non-commercial research. Choose the "
        "archive as it was downloaded, the folder it was unpacked into, or one model's file (.pkl or .npz).</p>"
    )
    text.setTextFormat(Qt.TextFormat.RichText)
    text.setOpenExternalLinks(True)
    wrap(text)
    return text


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column > 1 else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
