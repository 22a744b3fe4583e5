"""The footage beside the 3D view: the picture of the moment, the keypoints found in it, and every model's over them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.look.theme import THEMES, model_colour
from app.state.clip import LoadedClip
from app.state.moment import frame_at
from app.state.state import State
from app.widgets.picture_view import Overlay, PictureView
from app.workers.bridge import Worker
from app.workers.footage import OpenVideo, Pictured, PictureJob
from engine.motion.pose import ClassScores
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D

LEAST_ROOM = 16


class FootageView(PictureView):
    """Hidden where the clip has no footage, or the person does not want it.

    pictured  what is on show
    shaped    another clip has pictures, of other sides maybe
    """

    shaped = Signal()

    def __init__(self, state: State, worker: Callable[[str], Worker], parent: QWidget | None = None) -> None:
        """worker: makes the thread that reads pictures, when there are any."""
        super().__init__("", parent)
        self._state, self._make_worker = state, worker
        self._worker: Worker | None = None
        self._video = OpenVideo()
        self.pictured: Pictured | None = None
        self._asked: tuple[LoadedClip, float, tuple[int, int]] | None = None
        self.setToolTip("The video that this clip is of: the keypoints that were found in white,\n"
                        "each model's prediction, projected into the picture, in its colour.")  # fmt: skip
        state.document.events.clip.connect(self._on_clip)
        state.results.events.shown.connect(self._draw)
        state.moment.events.seconds.connect(self._ask)
        state.view.events.footage.connect(self._appear)
        state.view.events.theme.connect(lambda name: self.set_theme(THEMES[name]))
        self.set_theme(THEMES[state.view.theme])
        self._on_clip(state.document.clip)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._ask()

    def _on_clip(self, clip: LoadedClip | None) -> None:
        self.pictured = None
        self.set_empty_text("")
        self.show_picture(None)
        if clip is not None and clip.footage is not None:
            self.shaped.emit()
        elif self._worker is not None and clip is not None:
            self._worker.submit(PictureJob(self._video, clip, 0.0, (LEAST_ROOM, LEAST_ROOM)))  # lets go of the file
        self._appear()

    def _appear(self) -> None:
        clip = self._state.document.clip
        self.setVisible(self._state.view.footage and clip is not None and clip.footage is not None)
        self._asked = None
        self._ask()

    def _ask(self) -> None:
        """Have the picture of the moment read, in the size in which it is shown."""
        clip = self._state.document.clip
        if clip is None or clip.footage is None or self.isHidden():
            return
        room, sharp = self.room(), self.devicePixelRatioF()
        size = max(round(room.width() * sharp), LEAST_ROOM), max(round(room.height() * sharp), LEAST_ROOM)
        asked = clip, self._state.moment.seconds, size
        if asked == self._asked:
            return
        self._asked = asked
        if self._worker is None:
            self._worker = self._make_worker("footage")
            self._worker.report_to(done=self._on_done, failed=self._on_failed)
        self._worker.submit(PictureJob(self._video, *asked))

    def _on_done(self, _: PictureJob, pictured: Pictured | None) -> None:
        if pictured is not None and pictured.clip is self._state.document.clip:
            self.pictured = pictured
            self._draw()

    def _on_failed(self, job: PictureJob, error: Exception) -> None:
        if job.clip is self._state.document.clip:
            self.pictured = None
            self.set_empty_text(str(error))
            self.show_picture(None)

    def _draw(self) -> None:
        if self.pictured is None or self.pictured.clip.footage is None:
            return
        size = "{} × {}".format(*self.pictured.clip.image_size)
        overlays = [*self._found(self.pictured), *self._predicted(self.pictured)]
        self.show_picture(self.pictured.picture, overlays, self.pictured.clip.footage.path.name, size)

    def _found(self, on: Pictured) -> list[Overlay]:
        """What the detector found."""
        seen = on.clip.motion
        if not isinstance(seen, Keypoints2D):
            return []
        at = frame_at(seen.times, on.moment)
        return [Overlay(seen.xy[at] * on.scale, seen.confidence[at] > 0, seen.skeleton.bones)]

    def _predicted(self, on: Pictured) -> list[Overlay]:
        """Every model's joints where they meet what it was shown."""
        from app.present.reprojection import reprojected  # with SciPy; a start need not wait for it

        shown = self._state.results.shown
        if shown is None or shown.clip is not on.clip or not len(shown.results.kept):
            return []
        at = frame_at(shown.results.times, on.moment)
        kept, overlays = shown.results.kept.take(slice(at, at + 1)), []
        if not kept.confidence.any():
            return []
        for slot, model in zip(shown.slots, shown.results.models, strict=False):
            if model.placed is None or len(model.placed) != shown.results.frames:
                continue
            own = model.prediction  # a room that is estimated turns from frame to frame
            pose = model.placed if isinstance(own, ClassScores) or own.frame == "world" else own
            xy = reprojected(pose.take(slice(at, at + 1)), kept)
            if xy is not None:
                overlays.append(Overlay.of_model(xy * on.scale, H36M_17.bones, model_colour(slot.colour)))
        return overlays
