"""Pictures of a recording's moment: small copies of its videos at once, the videos' own where the moment stays."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.docks.panel import tipped
from app.present.rig_found import RigFound
from app.widgets.sliders import label
from app.workers.bridge import Bridge
from app.workers.rig import CopiesJob, Film, PicturesJob
from engine.cameras.video_file import Picture
from engine.experiment.view_files import OpenedViews

REST_MS = 300
"""After which a moment that stays gets the videos' own pictures."""


class RigFilm(QObject):
    """Reads pictures, and makes copies, on threads of their own.

    pictured   a job, and every camera's picture, None where it has none
    failed     a job that gave no pictures, and its error
    uncopied   why videos have no copies, in one sentence
    copying    progress of the copies, and a button that stops them
    """

    pictured = Signal(object, object)
    failed = Signal(object, object)
    uncopied = Signal(str)

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._found: RigFound | None = None
        self._seconds, self._still = 0.0, True
        self._copied: OpenedViews | None = None
        self._quick, self._whole = Film(), Film(small=False)
        self._quickly = bridge.worker("pictures of several cameras")
        self._wholly = bridge.worker("whole pictures of several cameras")
        self._copier = bridge.worker("small copies of videos")
        self.copying = CopyingBar()
        self.copying.stop.connect(self._copier.cancel)
        for worker in (self._quickly, self._wholly):
            worker.report_to(done=self._on_pictures, failed=self._on_no_pictures)
        self._copier.report_to(
            done=self._on_copies, failed=self._on_no_copies, cancelled=self._on_stopped,
            progress=self.copying.set_progress, busy=self.copying.set_running,
        )  # fmt: skip
        self._rest = QTimer(self, interval=REST_MS, singleShot=True)
        self._rest.timeout.connect(self._show_whole)

    def seek(self, found: RigFound, seconds: float) -> None:
        """Have the pictures of a moment read as soon as the ones before are."""
        self._found, self._seconds = found, seconds
        self._quickly.submit(PicturesJob(found, seconds, self._quick))
        self._wholly.cancel()
        self._rest.stop()

    def set_still(self, still: bool) -> None:
        """Whether the moment stays unless it is sought; while it runs on, copies will do."""
        self._still = still
        self._rest.start()

    def copy(self, opened: OpenedViews) -> None:
        """Make the copies that are not there, while everything else goes on; once for what was opened."""
        if opened is not self._copied:
            self._copied = opened
            self._copier.submit(CopiesJob(opened))

    def stop(self) -> None:
        self._rest.stop()
        for worker in (self._quickly, self._wholly, self._copier):
            worker.cancel()

    def _show_whole(self) -> None:
        if self._found is not None and self._still and self._quick.copied:
            self._wholly.submit(PicturesJob(self._found, self._seconds, self._whole))

    @Slot(object, object)
    def _on_pictures(self, job: PicturesJob, pictures: list[Picture | None]) -> None:
        quick, here = job.film is self._quick, job.seconds == self._seconds
        if job.found is self._found and (quick or here):
            self.pictured.emit(job, pictures)
            if quick and here:
                self._rest.start()

    @Slot(object, object)
    def _on_no_pictures(self, job: PicturesJob, error: Exception) -> None:
        if job.found is self._found:
            self.failed.emit(job, error)

    @Slot(object, object)
    def _on_copies(self, _: CopiesJob, made: bool) -> None:
        if made:
            self._quick.renew()

    @Slot(object)
    def _on_stopped(self, _: CopiesJob) -> None:
        self._quick.renew()

    @Slot(object, object)
    def _on_no_copies(self, _: CopiesJob, error: Exception) -> None:
        self._quick.renew()
        self.uncopied.emit(f"Videos play slowly, as small copies cannot be kept: {error}")


class CopyingBar(QWidget):
    """Hidden where no copies are made."""

    stop = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._note = label("", "muted")
        tip = "Make no small copies of the videos now; without them they play slowly"
        self.button = tipped(QPushButton("Stop"), tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._note)
        row.addWidget(self.button)
        self.button.clicked.connect(self.stop)
        self.set_running(False)

    @Slot(bool)
    def set_running(self, running: bool) -> None:
        self.setVisible(running)
        self.set_progress(0.0, "")

    @Slot(float, str)
    def set_progress(self, fraction: float, _: str) -> None:
        self._note.setText(f"Copies for playing: {fraction:.0%}")
