"""Small copies of videos: the same pictures at the same times, made along or alone, and never another video's."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from camera_fakes import number_of, picture
from film_fakes import Knows, film, one, use

from engine.cameras.small_video import LONGEST, SmallVideo
from engine.cameras.video_at import VideoAt
from engine.cameras.video_file import VideoFile
from engine.detector import filmed_small
from engine.detector.filmed import filmed
from engine.detector.filmed_small import kept_copy, make_copy
from engine.progress import Cancelled, watched

FRAMES, SIZE, UNIT = 45, (640, 360), 12_800
TIMES = 1.0127 + np.cumsum([0.0, *np.random.default_rng(5).uniform(0.01, 0.09, FRAMES - 1)])
TURN = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
STRAIGHT = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
COLOURS = ((200, 40, 30), (30, 180, 60), (60, 50, 210), (128, 128, 128))


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where copies lie."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "kinestate" / "small videos"


def write(path: Path, painted: Callable[[int], np.ndarray], times: np.ndarray = TIMES) -> Path:
    """Few key frames, pictures that refer to later ones, uneven times that do not begin at 0."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", 30)
        stream.height, stream.width = painted(0).shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = 40, 2
        stream.codec_context.bit_rate = 8_000_000
        stream.codec_context.time_base = stream.time_base = Fraction(1, UNIT)
        for number, at in enumerate(times):
            frame = av.VideoFrame.from_ndarray(painted(number), format="bgr24")
            frame.pts, frame.time_base = round(at * UNIT), Fraction(1, UNIT)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def numbered(number: int) -> np.ndarray:
    return picture(number, SIZE)


def coloured(number: int) -> np.ndarray:
    """Of one colour above and another below."""
    painted = np.empty((*SIZE[::-1], 3), np.uint8)
    painted[:] = COLOURS[number % len(COLOURS)]
    painted[SIZE[1] // 2 :] = COLOURS[(number + 1) % len(COLOURS)]
    return painted


def copy_of(video: Path) -> Path:
    assert make_copy(video)
    copy = kept_copy(video)
    assert copy is not None
    return copy


@pytest.mark.slow
def test_every_picture_is_at_its_time(tmp_path: Path) -> None:
    video = write(tmp_path / "v.mp4", numbered)
    copy = copy_of(video)
    times = np.array([at for at, _ in VideoFile(video)])
    through = [(at, number_of(seen)) for at, seen in VideoFile(copy)]
    assert [number for _, number in through] == list(range(FRAMES))
    assert np.abs(times - [at for at, _ in through]).max() <= 0.51e-6
    whole, small = VideoAt(video), VideoAt(copy, threads=False)
    asked = [*times, *times[::-2], *np.random.default_rng(0).uniform(times[0], times[-1], 30), 0.0, 100.0]
    for seconds in map(float, asked):
        assert number_of(small.picture(seconds)) == number_of(whole.picture(seconds)), seconds
    assert small.picture(2.0).shape == (270, LONGEST, 3)
    assert not make_copy(video)


@pytest.mark.slow
def test_colours_are_the_video_s_also_where_it_is_to_be_turned(tmp_path: Path) -> None:
    video = write(tmp_path / "v.mp4", coloured)
    content = video.read_bytes()
    place = content.index(STRAIGHT, content.index(b"tkhd"))
    turned = tmp_path / "t.mp4"
    turned.write_bytes(content[:place] + TURN + content[place + len(STRAIGHT) :])
    for file, shape in ((video, (270, LONGEST, 3)), (turned, (LONGEST, 270, 3))):
        whole, small = VideoAt(file), VideoAt(copy_of(file))
        for at in TIMES[[0, 17, 34]]:
            there, here = whole.picture(float(at), (LONGEST, LONGEST)), small.picture(float(at))
            assert there.shape == here.shape == shape
            assert np.abs(there.astype(int) - here).mean() < 4 and there.std() > 20


@pytest.mark.slow
def test_a_damaged_copy_is_made_anew(tmp_path: Path) -> None:
    video = write(tmp_path / "v.mp4", numbered)
    copy = copy_of(video)
    content = copy.read_bytes()
    middle = len(content) // 2
    wrong = (
        content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        content[:middle],
        b"",
        content[:8],
    )
    for damaged in wrong:
        copy.write_bytes(damaged)
        assert kept_copy(video) is None and not copy.exists()
        assert copy_of(video) == copy and [number_of(seen) for _, seen in VideoFile(copy)] == list(range(FRAMES))


def test_a_video_that_changed_is_not_shown_by_an_old_copy(tmp_path: Path) -> None:
    video = write(tmp_path / "v.mp4", numbered)
    old = copy_of(video)
    about = video.stat()
    write(video, lambda number: numbered(FRAMES - 1 - number))
    os.utime(video, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert kept_copy(video) is None
    new = copy_of(video)
    assert new != old and number_of(VideoAt(new).picture(0.0)) == FRAMES - 1


def test_the_copies_that_were_used_last_stay(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    videos = [write(tmp_path / f"{k}.mp4", numbered, TIMES[: 10 + k]) for k in range(4)]
    copies = [copy_of(video) for video in videos[:3]]
    for age, copy in zip((10, 30, 20), copies, strict=True):
        os.utime(copy, (1e9 - age, 1e9 - age))
    assert kept_copy(videos[1]) == copies[1]  # used now
    monkeypatch.setattr(filmed_small, "MOST_BYTES", sum(copies[k].stat().st_size for k in (0, 1)) + 1000)
    copy_of(videos[3])
    assert {path.name[0] for path in cache.iterdir()} == {"1", "3"}
    monkeypatch.setattr(filmed_small, "MOST_BYTES", 0)
    assert make_copy(videos[0]) and [path.name[0] for path in cache.iterdir()] == ["0"]


def test_it_is_made_along_while_people_are_found(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Knows(one))
    one_video, other = write(tmp_path / "a.mp4", picture, TIMES[:12]), film(tmp_path / "b.mp4", 13)
    found = filmed(one_video, copied=True)
    assert found.times.tolist() == [at for at, _ in VideoFile(one_video)]
    copy = kept_copy(one_video)
    assert copy is not None and not make_copy(one_video)
    assert [at for at, _ in VideoFile(copy)] == pytest.approx(found.times.tolist(), abs=1e-6)
    calls = iter(range(100))
    with pytest.raises(Cancelled), watched(lambda: next(calls) > 6):
        filmed(other, copied=True)
    assert list(cache.iterdir()) == [copy]

    def full(self: SmallVideo, frame: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(SmallVideo, "add", full)
    assert len(filmed(other, copied=True).times) == 13 and kept_copy(other) is None
    with pytest.raises(OSError, match="No space"):
        make_copy(other)
    assert list(cache.iterdir()) == [copy]


def test_very_long_videos_are_not_copied(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = write(tmp_path / "v.mp4", numbered, TIMES[:12])
    monkeypatch.setattr(filmed_small, "MOST_PICTURES", 11)
    with pytest.raises(OSError, match="more than 11 pictures"):
        make_copy(video)
    assert not list(cache.iterdir())
