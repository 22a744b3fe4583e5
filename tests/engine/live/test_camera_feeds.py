"""The contract of every feed of pictures; each picture carries its number, so that order and content are exact."""

from __future__ import annotations

import math
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from camera_fakes import HZ, SIZE, Driver, MjpegServer, VideoServer, number_of, picture, write_video
from live_fakes import until
from rtsp_server import RtspServer

from engine.cameras.picture_files import PictureFiles
from engine.cameras.video_file import VideoFile
from engine.errors import InputError
from engine.live.feeds.beginning import Beginning
from engine.live.feeds.cameras.faulty import FaultySource
from engine.live.feeds.cameras.mjpeg import MjpegSource
from engine.live.feeds.cameras.network_video import NetworkVideo
from engine.live.feeds.cameras.played import PlayedSource
from engine.live.feeds.cameras.stamp import stamped
from engine.live.feeds.cameras.synthetic import SyntheticCamera
from engine.live.feeds.cameras.webcam import Webcam, WebcamSource
from engine.live.feeds.feed import Feed
from engine.live.feeds.steady import Steady
from engine.live.frame import PictureFrame
from engine.motion.generate.clips import clip_of

FRAMES = 90
STEADY = {"again_s": 0.1, "stalled_s": 0.6}


@dataclass
class Made:
    """A feed, and what can be done to its camera; None where that makes no sense."""

    feed: Feed[PictureFrame]
    unplug: Callable[[bool], None] | None = None
    stall: Callable[[bool], None] | None = None
    corrupt: Callable[[bool], None] | None = None
    resize: Callable[[tuple[int, int]], None] | None = None
    end: Callable[[], None] = lambda: None
    number: Callable[[np.ndarray], int] = number_of  # of a picture


def video(folder: Path) -> Made:
    write_video(folder / "v.mp4", np.arange(FRAMES) / HZ)
    return Made(Feed(PlayedSource(VideoFile(folder / "v.mp4"))))


def pictures(folder: Path) -> Made:
    import cv2

    for number in range(FRAMES):
        cv2.imwrite(str(folder / f"frame {number}.png"), picture(number))
    return Made(Feed(PlayedSource(PictureFiles(folder, HZ))))


def network(folder: Path) -> Made:
    server = MjpegServer()

    def unplug(on: bool) -> None:
        server.stop() if on else server.start()

    def resize(size: tuple[int, int]) -> None:
        server.size = size

    return Made(
        Feed(Steady(MjpegSource(server.url), **STEADY)),
        unplug,
        lambda on: setattr(server, "silent", on),
        lambda on: setattr(server, "broken", on),
        resize,
        server.stop,
    )


def network_video(folder: Path) -> Made:
    """MPEG-TS over TCP, the simplest of what FFmpeg reads from the network."""
    server = VideoServer()

    def unplug(on: bool) -> None:
        server.stop() if on else server.start()

    return Made(Feed(Steady(NetworkVideo(server.url), **STEADY)), unplug, end=server.stop)


def rtsp(folder: Path) -> Made:
    server = RtspServer()

    def unplug(on: bool) -> None:
        server.stop() if on else server.start()

    def resize(size: tuple[int, int]) -> None:
        server.size = size

    return Made(
        Feed(Steady(NetworkVideo(server.url), **STEADY)),
        unplug,
        lambda on: setattr(server, "silent", on),
        lambda on: setattr(server, "broken", on),
        resize,
        server.stop,
    )


def webcam(folder: Path) -> Made:
    driver = Driver()
    there = [Webcam("Front", "/dev/v4l/by-id/front", 2)]

    def unplug(on: bool) -> None:
        driver.plugged = not on
        there[:] = [] if on else [Webcam("Front", "/dev/v4l/by-id/front", 5)]  # another index, the same name

    source = WebcamSource("Front", listed=lambda: list(there), capture=driver)
    return Made(
        Feed(Steady(source, **STEADY)),
        unplug,
        lambda on: setattr(driver, "silent", on),
        resize=lambda size: setattr(driver, "size", size),
    )


def faulty(folder: Path) -> Made:
    size = [SIZE]
    source = FaultySource(lambda number: picture(number, size[0]), HZ)
    return Made(
        Feed(Steady(source, **STEADY)),
        lambda on: setattr(source, "unplugged", on),
        lambda on: setattr(source, "stalled", on),
        lambda on: setattr(source, "corrupt", on),
        lambda new: size.__setitem__(0, new),
    )


def synthetic(folder: Path) -> Made:
    return Made(Feed(SyntheticCamera.of(clip_of("wave"), size=SIZE)), number=stamped)


KINDS = {
    "video": video,
    "folder": pictures,
    "network": network,
    "network video": network_video,
    "rtsp": rtsp,
    "webcam": webcam,
    "faulty": faulty,
    "synthetic": synthetic,
}
LIVE = ["network", "network video", "rtsp", "webcam", "faulty"]


@pytest.fixture
def made(request, tmp_path) -> Iterator[Made]:
    made = KINDS[request.param](tmp_path)
    yield made
    made.feed.stop()
    made.end()


every = pytest.mark.parametrize("made", KINDS, indirect=True)
soon = pytest.mark.parametrize(
    "made",
    [pytest.param(kind, marks=pytest.mark.slow if kind.startswith(("network", "rtsp")) else []) for kind in KINDS],
    indirect=True,
)
live = pytest.mark.parametrize("made", LIVE, indirect=True)


def gathered(feed: Feed[PictureFrame]) -> list[PictureFrame]:
    """Every frame that the feed delivers from here on."""
    frames: list[PictureFrame] = []
    feed.deliver = frames.append
    return frames


def trouble(made: Made) -> str:
    source = made.feed.source
    assert isinstance(source, Steady)
    return source.trouble


@soon
def test_pictures_come_in_order_at_their_rate(made: Made) -> None:
    """The number in each picture is that of its time, and times are within 1 % of the rate."""
    frames = gathered(made.feed)
    before = time.perf_counter()
    made.feed.start()
    assert made.feed.state == "running"
    until(lambda: len(frames) >= 45)
    made.feed.stop()
    numbers = np.array([made.number(frame.picture) for frame in frames])
    times = np.array([frame.time for frame in frames])
    assert frames[0].size == SIZE and frames[0].picture.dtype == np.uint8
    assert (np.diff(times) > 0).all() and (np.diff(numbers) > 0).all()
    assert [frame.number - frames[0].number for frame in frames] == list(numbers - numbers[0])
    rate = (numbers[-1] - numbers[0]) / (times[-1] - times[0])
    assert rate == pytest.approx(HZ, rel=0.01)
    received = np.array([frame.received for frame in frames])
    assert before - 1 < received[0] and received[-1] <= time.perf_counter() and (np.diff(received) >= 0).all()


@every
def test_a_slow_consumer_gets_the_newest(made: Made) -> None:
    made.feed.start()
    until(lambda: made.feed.frames >= 5)
    first = made.feed.slot.take(5)
    until(lambda: made.feed.frames >= 20)
    second = made.feed.slot.take(5)
    assert first is not None and second is not None
    assert made.number(second.picture) > made.number(first.picture) + 1 and made.feed.slot.dropped >= 10


@every
def test_it_closes_within_a_second_and_opens_again(made: Made) -> None:
    made.feed.start()
    until(lambda: made.feed.frames > 2)
    began = time.monotonic()
    made.feed.stop()
    assert made.feed.state == "stopped" and made.feed.error is None
    assert time.monotonic() - began < 1
    seen = made.feed.frames
    made.feed.start()
    until(lambda: made.feed.frames > seen + 2)


@live
def test_unplugged_it_says_so_and_comes_back(made: Made) -> None:
    assert made.unplug is not None
    frames = gathered(made.feed)
    made.feed.start()
    until(lambda: len(frames) > 3)
    made.unplug(True)
    until(lambda: trouble(made))
    assert made.feed.state == "running" and trouble(made).endswith(".")
    lost = len(frames)
    made.unplug(False)
    until(lambda: len(frames) > lost + 3)
    assert trouble(made) == "" and made.feed.source.counts["reconnected"] >= 1
    assert (np.diff([frame.time for frame in frames]) > 0).all()


@pytest.mark.parametrize("made", ["network", "rtsp", "webcam", "faulty"], indirect=True)
def test_stalled_it_says_so_and_goes_on(made: Made) -> None:
    assert made.stall is not None
    frames = gathered(made.feed)
    made.feed.start()
    until(lambda: len(frames) > 3)
    made.stall(True)
    until(lambda: "no picture for 0.6 s" in trouble(made))
    lost = len(frames)
    made.stall(False)
    until(lambda: len(frames) > lost + 3)
    assert trouble(made) == ""


@pytest.mark.parametrize("made", ["network", "rtsp", "faulty"], indirect=True)
def test_pictures_that_cannot_be_read_are_counted(made: Made) -> None:
    assert made.corrupt is not None
    frames = gathered(made.feed)
    made.feed.start()
    until(lambda: len(frames) > 3)
    made.corrupt(True)
    until(lambda: made.feed.source.counts["corrupt"] >= 3)
    made.corrupt(False)
    lost = len(frames)
    until(lambda: len(frames) > lost + 3)
    assert made.feed.state == "running"


@pytest.mark.parametrize("made", [kind for kind in LIVE if kind != "network video"], indirect=True)
def test_the_size_may_change(made: Made) -> None:
    assert made.resize is not None
    frames = gathered(made.feed)
    made.feed.start()
    until(lambda: len(frames) > 3)
    made.resize((64, 48))
    until(lambda: frames[-1].size == (64, 48))
    numbers = [number_of(frame.picture) for frame in frames]
    assert frames[0].size == SIZE and numbers == sorted(numbers)


@pytest.mark.parametrize("made", ["network", "rtsp"], indirect=True)
def test_another_size_after_it_was_unplugged(made: Made) -> None:
    assert made.unplug is not None and made.resize is not None
    frames = gathered(made.feed)
    made.feed.start()
    until(lambda: len(frames) > 3)
    made.unplug(True)
    made.resize((192, 64))
    until(lambda: trouble(made))
    made.unplug(False)
    until(lambda: frames[-1].size == (192, 64) and not trouble(made))


@pytest.mark.parametrize("made", ["network", "rtsp", "webcam"], indirect=True)
def test_it_closes_within_a_second_while_nothing_comes(made: Made) -> None:
    assert made.stall is not None
    made.feed.start()
    until(lambda: made.feed.frames > 2)
    made.stall(True)
    time.sleep(0.2)
    began = time.monotonic()
    made.feed.stop()
    assert made.feed.state == "stopped" and time.monotonic() - began < 1


@every
def test_two_at_once(made: Made, tmp_path) -> None:
    (tmp_path / "other").mkdir()
    other = faulty(tmp_path / "other")
    mine, others = gathered(made.feed), gathered(other.feed)
    made.feed.start()
    other.feed.start()
    until(lambda: len(mine) > 5 and len(others) > 5)
    other.feed.stop()
    count = len(mine)
    until(lambda: len(mine) > count)
    for frames, number in ((mine, made.number), (others, number_of)):
        numbers = [number(frame.picture) for frame in frames]
        assert numbers == sorted(set(numbers))


# -- what is special to each ----------------------------------------------------------------------------------


def test_a_video_of_variable_rate_keeps_its_times(tmp_path) -> None:
    times = np.cumsum([0.0, 0.033, 0.1, 0.02, 0.25, 0.04])
    write_video(tmp_path / "v.mp4", times)
    found = list(VideoFile(tmp_path / "v.mp4"))
    assert [at - found[0][0] for at, _ in found] == pytest.approx(times, abs=1.1e-3)
    assert [number_of(seen) for _, seen in found] == list(range(6))


def test_a_video_with_broken_packets_goes_on(tmp_path) -> None:
    write_video(tmp_path / "v.mp4", np.arange(FRAMES) / HZ)
    content = bytearray((tmp_path / "v.mp4").read_bytes())
    middle = len(content) // 3
    content[middle : middle + 600] = bytes(600)
    (tmp_path / "broken.mp4").write_bytes(content)
    source = VideoFile(tmp_path / "broken.mp4")
    numbers = [number_of(seen) for _, seen in source]
    assert numbers[-1] == FRAMES - 1 and len(numbers) > FRAMES // 2
    for wrong in (b"", b"no video at all" * 100):
        (tmp_path / "none.mp4").write_bytes(wrong)
        with pytest.raises(InputError, match=r"none\.mp4: video cannot be opened; choose another file"):
            list(VideoFile(tmp_path / "none.mp4"))
    with pytest.raises(InputError, match="cannot be opened"):
        Feed(PlayedSource(VideoFile(tmp_path / "missing.mp4"))).start()


def test_a_phones_video_is_upright(tmp_path) -> None:
    """Held upright, a phone stores lying pictures and asks for a quarter clockwise, in the header of the track."""
    write_video(tmp_path / "v.mp4", [0.0, 0.1])
    content = bytearray((tmp_path / "v.mp4").read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    content[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, SIZE[1] << 16, 0, 1 << 30)
    (tmp_path / "v.mp4").write_bytes(content)
    found = [seen for _, seen in VideoFile(tmp_path / "v.mp4")]
    assert [seen.shape[:2] for seen in found] == [(SIZE[0], SIZE[1])] * 2
    assert [number_of(np.rot90(seen)) for seen in found] == [0, 1]


def test_a_turned_picture_is_upright() -> None:
    from engine.cameras.video_file import upright

    seen = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    assert upright(seen, 0) is not None and np.array_equal(upright(seen, 0), seen)
    assert np.array_equal(upright(seen, 90)[-1, 0], seen[0, 0])  # counter-clockwise: left above goes left below
    assert np.array_equal(upright(seen, -90), upright(seen, 270))


def test_a_folder_counts_as_people_do_and_leaves_out_what_is_no_picture(tmp_path) -> None:
    import cv2

    for number in (9, 10, 100):
        cv2.imwrite(str(tmp_path / f"f{number}.png"), picture(number))
    (tmp_path / "f50.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("other")
    source = PictureFiles(tmp_path, 10.0)
    assert [(at, number_of(seen)) for at, seen in source] == [(0.0, 9), (0.1, 10), (pytest.approx(0.3), 100)]
    assert source.corrupt == 1
    (tmp_path / "empty").mkdir()
    for folder, said in ((tmp_path / "empty", "holds no pictures"), (tmp_path / "none", "cannot be read")):
        with pytest.raises(InputError, match=said):
            iter(PictureFiles(folder, 10.0))


@pytest.mark.parametrize("lengths", [True, False])
@pytest.mark.parametrize("stamps", [True, False])
def test_network_cameras_that_say_less(lengths, stamps) -> None:
    server = MjpegServer(lengths=lengths, stamps=stamps)
    feed: Feed[PictureFrame] = Feed(MjpegSource(server.url.replace("127.0.0.1", "me:pa%20ss@127.0.0.1")))
    frames = gathered(feed)
    feed.start()
    until(lambda: len(frames) > 10)
    feed.stop()
    server.stop()
    numbers = [number_of(frame.picture) for frame in frames]
    assert numbers == sorted(set(numbers))
    assert server.requests[0] == ("/video?size=small", "Basic bWU6cGEgc3M=")


def test_network_cameras_that_are_none() -> None:
    server = MjpegServer()
    for url, said in (
        (server.url.replace("/video", "/other"), "answers 404"),
        ("rtsp://camera/1", "is no address of a stream"),
        ("http://camera:port/", "is no address of a stream"),
    ):
        with pytest.raises(InputError, match=said):
            MjpegSource(url).open()
    server.stop()
    with pytest.raises(InputError, match="does not answer"):
        MjpegSource(server.url).open()


def test_videos_from_the_network_that_are_none() -> None:
    server = VideoServer()
    server.stop()
    for url, said in ((server.url, "127.0.0.1 sends no video"), ("rtsp:///x", "is no address of a stream")):
        with pytest.raises(InputError, match=said):
            NetworkVideo(url).open()


def test_two_of_one_network_camera() -> None:
    server = RtspServer()
    feeds: list[Feed[PictureFrame]] = [Feed(NetworkVideo(server.url)) for _ in range(2)]
    both = [gathered(feed) for feed in feeds]
    for feed in feeds:
        feed.start()
    until(lambda: all(len(frames) > 10 for frames in both))
    for feed in feeds:
        feed.stop()
    server.stop()
    for frames in both:
        numbers = [number_of(frame.picture) for frame in frames]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_the_first_picture_of_a_network_camera_is_soon_there() -> None:
    """A whole picture comes every two seconds; what comes before is not lost by looking into the stream."""
    server = RtspServer(gop=60, size=(640, 480))
    source = NetworkVideo(server.url)
    began = time.perf_counter()
    source.open()
    frames: list[PictureFrame] = []
    while not frames and time.perf_counter() < began + 5:
        frames += source.read(0.05)
    passed = time.perf_counter() - began
    source.close()
    server.stop()
    assert number_of(frames[0].picture) <= 1 and passed < 5


def test_network_cameras_that_ask_for_a_login_and_do_not_tell_it() -> None:
    server = RtspServer(login="me:pa ss@word")
    for url, said in (
        (server.url, "127.0.0.1 does not know you; write USER:PASSWORD@ before its name"),
        (server.url.replace("127.0.0.1", "me:secret@127.0.0.1"), "does not know you"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            NetworkVideo(url).open()
        assert "secret" not in f"{caught.value}{caught.value.detail}" and caught.value.detail
    source = NetworkVideo(server.url.replace("127.0.0.1", "me:pa%20ss%40word@127.0.0.1"))
    source.open()
    until(lambda: source.read(0.1))
    source.close()
    server.stop()
    assert source.name == "127.0.0.1" and server.requests[-1][1].startswith("Basic ")
    with pytest.raises(InputError, match="sends no video") as caught:
        NetworkVideo(server.url.replace("127.0.0.1", "me:secret@127.0.0.1")).open()
    assert "secret" not in caught.value.detail and "127.0.0.1" in caught.value.detail


def test_bytes_in_any_pieces_give_the_same_pictures() -> None:
    from camera_fakes import jpeg

    from engine.live.feeds.cameras.multipart import MAX_HEAD, Parts

    sent = b"".join(
        b"--b\r\nContent-Length: %d\r\nX-Timestamp: %d.5\r\n\r\n%s\r\n" % (len(jpeg(k)), k, jpeg(k)) for k in range(4)
    )
    for step in (1, 7, 1000, len(sent)):
        parts = Parts()
        found = [part for start in range(0, len(sent), step) for part in parts.push(sent[start : start + step])]
        assert [(part.content, part.stamp) for part in found] == [(jpeg(k), k + 0.5) for k in range(4)]
    parts = Parts()
    assert not list(parts.push(b"x" * (2 * MAX_HEAD))) and parts.skipped == 1


def test_a_picture_of_a_recording_does_not_wait_until_the_next_one_is_decoded() -> None:
    decoded = []

    class Three:
        name, corrupt = "three", 0

        def __iter__(self):
            for number in range(3):
                decoded.append(number)
                yield number / 10, np.zeros((8, 8, 3), np.uint8)

    source = PlayedSource(Three(), math.inf)
    source.open()
    for number in range(3):
        (frame,) = source.read(1.0)
        assert frame.number == number and decoded == [*range(number + 1)]
    assert source.read(1.0) is None and source.read(1.0) is None


def test_recordings_that_are_played_together_begin_at_one_moment(tmp_path) -> None:
    """However long each takes to be opened, the first pictures are of one moment, and so are the others."""
    write_video(tmp_path / "v.mp4", np.arange(6) / 20)
    begin = Beginning(0.2)
    asked = time.perf_counter()
    sources = [PlayedSource(VideoFile(tmp_path / "v.mp4"), begin=begin) for _ in range(2)]
    for source in sources:
        source.open()
        time.sleep(0.05)
    taken = [[frame.received for _ in range(100) for frame in source.read(0.02) or ()] for source in sources]
    assert taken[0] == taken[1] and len(taken[0]) == 6 and np.diff(taken[0]) == pytest.approx(0.05)
    assert 0.2 <= taken[0][0] - asked < 5
