"""Pictures of a video at any time, against going through it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from camera_fakes import SIZE, number_of, picture, write_video

from engine.cameras.video_at import VideoAt
from engine.cameras.video_file import VideoFile, picture_times
from engine.errors import InputError
from engine.progress import Cancelled, watched

UNEVEN = 1.0 + np.cumsum([0.0, *np.random.default_rng(3).uniform(0.01, 0.09, 119)])


@pytest.fixture
def uneven(tmp_path: Path) -> Path:
    """MPEG-4 of variable rate with B frames and few key frames, which begins at one second."""
    import av

    with av.open(str(tmp_path / "v.mkv"), "w") as container:
        stream = container.add_stream("mpeg4", 30)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = 40, 2
        stream.codec_context.bit_rate = 4_000_000
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for number, at in enumerate(UNEVEN):
            frame = av.VideoFrame.from_ndarray(picture(number), format="bgr24")
            frame.pts, frame.time_base = round(at * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return tmp_path / "v.mkv"


def test_any_order_gives_the_picture_that_is_on(uneven: Path) -> None:
    going_through = [(at, number_of(seen)) for at, seen in VideoFile(uneven)]
    times = np.array([at for at, _ in going_through])
    assert len(times) == 120 and [number for _, number in going_through] == list(range(120))
    video, draw = VideoAt(uneven), np.random.default_rng(0)
    asked = [*times, *times[::-7], *draw.uniform(times[0], times[-1] + 1, 40), times[-1], times[0], 0.0, 100.0]
    for seconds in asked:
        wanted = max(int(np.searchsorted(times, seconds + 1e-6, side="right")) - 1, 0)
        assert number_of(video.picture(float(seconds))) == wanted, seconds
    video.close()


def test_a_smaller_room_gives_the_same_picture_smaller(uneven: Path) -> None:
    video = VideoAt(uneven)
    assert video.picture(2.0, (1000, 1000)).shape == (SIZE[1], SIZE[0], 3)
    small = video.picture(2.0, (64, 1000))
    assert small.shape == (48, 64, 3) and number_of(small) == number_of(video.picture(2.0))


def test_it_gives_way_and_says_what_is_no_video(uneven: Path, tmp_path: Path) -> None:
    video = VideoAt(uneven)
    with pytest.raises(Cancelled), watched(cancel=lambda: True):
        video.picture(float(UNEVEN[-1]))
    assert number_of(video.picture(float(UNEVEN[50]) + 0.002)) == 50
    (tmp_path / "no.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match=r"^no\.mp4: video cannot be opened"):
        VideoAt(tmp_path / "no.mp4")


def test_the_times_of_pictures_are_known_without_decoding(uneven: Path) -> None:
    assert picture_times(uneven).tolist() == [at for at, _ in VideoFile(uneven)]
    with pytest.raises(Cancelled), watched(cancel=lambda: True):
        picture_times(uneven)


@pytest.mark.parametrize("hz", [15.0, 25.0, 30.0, 60.0, 100.0])
def test_as_many_pictures_a_second_as_are_asked_for(tmp_path: Path, hz: float) -> None:
    """Of a video of 60 Hz, times rounded to a millisecond: the first of each period, or a tenth of one before it."""
    write_video(tmp_path / "v.mp4", np.arange(60) / 60)
    taken = [number_of(seen) for _, seen in VideoFile(tmp_path / "v.mp4", hz)]
    first = [int(np.ceil((k - 0.1) * 60 / hz)) for k in range(round(hz))]
    assert taken == (list(range(60)) if hz >= 60 else first)
