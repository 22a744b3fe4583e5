"""The video beside a recording: what was seen, when it was seen."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from camera_fakes import number_of, picture
from live_detector_fakes import Wooden

from engine.cameras.video_file import VideoFile
from engine.errors import InputError
from engine.live.camera_feed import CameraFeed
from engine.live.detector.process import DetectorProcess
from engine.live.feeds.cameras.faulty import FaultySource
from engine.live.frame import PictureFrame
from engine.live.observer import Observer
from engine.live.video_recorder import VideoRecorder

TIMES = 100.0 + np.cumsum([0.0, 0.033, 0.1, 0.02, 0.25, 0.04, 0.5, 0.03])


def frames(size: tuple[int, int] = (128, 96)) -> list[PictureFrame]:
    return [PictureFrame(at, 0.0, picture(k, size), k) for k, at in enumerate(TIMES)]


def test_pictures_come_back_at_their_times(tmp_path) -> None:
    recorder = VideoRecorder(tmp_path / "v.mkv")
    for frame in frames():
        recorder.push(frame)
    recorder.close()
    found = list(VideoFile(tmp_path / "v.mkv"))
    assert [number_of(seen) for _, seen in found] == list(range(len(TIMES)))
    assert [at for at, _ in found] == pytest.approx(TIMES, abs=1.1e-3)
    with pytest.raises(InputError, match=r"v\.mkv: file cannot be written; choose another name"):
        VideoRecorder(tmp_path / "v.mkv")


def test_what_was_written_before_a_kill_plays(tmp_path) -> None:
    """It is never closed: all but the last second is there."""
    recorder = VideoRecorder(tmp_path / "v.mkv")
    for k in range(90):
        recorder.push(PictureFrame(k / 30, 0.0, picture(k), k))
    copied = (tmp_path / "v.mkv").read_bytes()
    recorder.close()
    (tmp_path / "killed.mkv").write_bytes(copied)
    assert number_of(list(VideoFile(tmp_path / "killed.mkv"))[-1][1]) >= 60


def test_another_size_is_scaled_and_a_file_without_pictures_goes(tmp_path) -> None:
    recorder = VideoRecorder(tmp_path / "v.mkv")
    for frame in (*frames()[:4], *frames((65, 49))[4:]):
        recorder.push(frame)
    recorder.close()
    assert [number_of(seen) for _, seen in VideoFile(tmp_path / "v.mkv")] == list(range(len(TIMES)))
    VideoRecorder(tmp_path / "none.mkv").close()
    assert not (tmp_path / "none.mkv").exists()


class Full:
    """A file on a disk that is full."""

    def write(self, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None: ...

    def close(self) -> None: ...


def test_a_full_disk_ends_the_video_with_a_sentence(tmp_path) -> None:
    recorder = VideoRecorder(tmp_path / "v.mkv")
    recorder._file.close()
    recorder._file = Full()
    for frame in frames():
        recorder.push(frame)
    assert str(recorder.lost) == "v.mkv: file takes no more; make room."
    recorder.close()


def test_a_feed_that_never_starts_leaves_no_video(tmp_path) -> None:
    video = VideoRecorder(tmp_path / "v.mkv")
    feed = CameraFeed(FaultySource(picture), DetectorProcess(partial(Wooden, tmp_path)), Observer("seen"), video=video)
    feed.stop()
    assert not (tmp_path / "v.mkv").exists()
