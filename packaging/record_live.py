"""The short film of the live camera's window in docs/live.md, made anew.

    xvfb-run -a -s "-screen 0 1920x1080x24" python packaging/record_live.py docs/live-camera.mp4
    xvfb-run -a -s "-screen 0 1920x1080x24" python packaging/record_live.py docs/live-footage.mp4 cam03.mp4

A painted built-in clip, or a video, goes through the detector and two causal models. Halfway they get one frame in
four, with Δ as trained. A video is played at 30 Hz, there and back until the film is long enough. The window is grabbed
ten times a second; the film is H.264.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
MODELS = ("hummuss_small_anyrate_causal", "hummuss_mesh_small_causal")
CLIP, SECONDS, HZ, KEEP = "synthetic:walk", 14.0, 10, 4
FOOTAGE_HZ, BEFORE_S, HIGH = 30, 6.0, 960
"""Of a video that is played: its rate, more seconds than the film has, and its height in pixels."""


def write(file: Path, frames: Sequence[NDArray[np.uint8]]) -> None:
    """A small film of pictures (H, W, 3) RGB, all of one even size."""
    import av

    with av.open(str(file), "w") as film:
        stream = film.add_stream("libx264", rate=HZ, options={"crf": "30", "preset": "slow"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        film.mux(stream.encode())


def there_and_back(video: Path, to: Path) -> None:
    """The video at `FOOTAGE_HZ`, forwards and backwards for as long as the film takes."""
    import cv2

    from engine.cameras.video_file import VideoFile
    from engine.export.video import write_video

    pictures = []
    for _, picture in VideoFile(video, FOOTAGE_HZ):
        width = round(picture.shape[1] * HIGH / picture.shape[0] / 2) * 2
        pictures.append(np.asarray(cv2.resize(picture, (width, HIGH), interpolation=cv2.INTER_AREA)[..., ::-1]))
    around = [*pictures, *pictures[-2:0:-1]]
    count = round((SECONDS + BEFORE_S) * FOOTAGE_HZ)
    write_video(to, (around[k % len(around)] for k in range(count)), FOOTAGE_HZ)


def main(file: Path, video: Path | None = None) -> None:
    from PySide6.QtCore import QSettings
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QApplication

    from app.dialogs.live_camera import LiveCameraWindow
    from app.main import begin
    from app.state.preferences import Preferences
    from app.window import make_window

    where = CLIP
    if video is not None:
        where = str(Path(tempfile.mkdtemp(), video.name))
        there_and_back(video, Path(where))
    app = QApplication([])
    settings = QSettings(str(Path(tempfile.mkdtemp(), "p.ini")), QSettings.Format.IniFormat)
    window = make_window(Preferences(settings))
    window.resize(1920, 1080)
    window.show()
    begin(window, None)

    def wait(seconds: float, until: Callable[[], bool]) -> None:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            app.processEvents()
            time.sleep(0.002)

    wait(60, lambda: window.state.document.clip is not None)
    window.state.moment.set_playing(False)
    window.actions_["live_camera"].trigger()
    tool = window.desk.tools["live_camera"]
    assert isinstance(tool, LiveCameraWindow)
    tool.resize(1280, 720)
    tool.camera.where.setCurrentText(where)
    tool.models.choose(MODELS)
    tool.bar.button.click()
    wait(90, lambda: tool.feed is not None and tool.feed.latest is not None)
    frames: list[NDArray[np.uint8]] = []
    for number in range(round(SECONDS * HZ)):
        due = time.monotonic() + 1 / HZ
        if number == round(SECONDS * HZ / 2):
            tool.stresses.rate.slider.setValue(KEEP)
            tool.delta.mode.buttons["trained"].click()
        grabbed = tool.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(grabbed.constBits(), np.uint8).reshape(grabbed.height(), grabbed.bytesPerLine())
        picture = rows[:, : 3 * grabbed.width()].reshape(grabbed.height(), grabbed.width(), 3)
        frames.append(picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2].copy())
        wait(max(due - time.monotonic(), 0.0), lambda: False)
    write(file, frames)
    tool.close()
    window.close()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(*map(Path, sys.argv[1:3]))
