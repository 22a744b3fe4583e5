"""Webcams: names and paths that stay, modes as a driver lists them, what is asked of a driver."""

from __future__ import annotations

import errno
import struct
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from camera_fakes import Driver
from live_fakes import until

from engine.errors import InputError
from engine.live.feeds.cameras.webcam import Webcam, WebcamSource, find_webcam, names_of, webcams
from engine.live.feeds.cameras.webcam_modes import Mode, best_code, modes_of, modes_text

MODES = [
    Mode("YUYV", (640, 480), 30.0),
    Mode("YUYV", (1280, 720), 10.0),
    Mode("MJPG", (640, 480), 60.0),
    Mode("MJPG", (1280, 720), 30.0),
]


def plug(devices: Path, device: str, name: str, index: int | None = 0) -> None:
    """As the kernel shows it below /sys."""
    (devices / device).mkdir(parents=True)
    (devices / device / "name").write_bytes(f"{name}\n".encode("latin-1"))
    if index is not None:
        (devices / device / "index").write_text(f"{index}\n")


def test_webcams_by_names_that_stay(tmp_path) -> None:
    devices, by_id = tmp_path / "sys", tmp_path / "by-id"
    for device, name, index in (("video10", "Back", 0), ("video2", "Front", 0), ("video3", "Front", 1)):
        plug(devices, device, name, index)
    by_id.mkdir()
    (by_id / "usb-maker-video-index0").symlink_to(tmp_path / "video2")
    found = webcams(devices, [by_id])
    assert found == [Webcam("Front", str(by_id / "usb-maker-video-index0"), 2), Webcam("Back", "/dev/video10", 10)]
    assert find_webcam("Back", found).index == 10 and find_webcam(found[0].path, found) is found[0]
    with pytest.raises(InputError, match="no camera named 'Side'; choose one of Front, Back"):
        find_webcam("Side", found)
    assert webcams(tmp_path / "none", [tmp_path / "none"]) == []


def test_two_of_a_kind_are_told_apart_by_their_sockets(tmp_path) -> None:
    """Cameras without a serial number share one name by id: the last one that was plugged in has it."""
    devices, by_path, by_id = tmp_path / "sys", tmp_path / "by-path", tmp_path / "by-id"
    for device in ("video0", "video2"):
        plug(devices, device, "Same")
    for folder, links in ((by_path, {"usb-1": "video0", "usb-2": "video2"}), (by_id, {"usb-same": "video2"})):
        folder.mkdir()
        for link, device in links.items():
            (folder / f"{link}-video-index0").symlink_to(tmp_path / device)
    found = webcams(devices, [by_path, by_id])
    assert names_of(found) == [str(by_path / "usb-1-video-index0"), str(by_id / "usb-same-video-index0")]
    assert [find_webcam(name, found).index for name in names_of(found)] == [0, 2]
    with pytest.raises(InputError, match=r"2 cameras are named 'Same'; choose one of .*usb-1.*, .*usb-same"):
        find_webcam("Same", found)


def test_odd_devices_do_not_hide_the_others(tmp_path) -> None:
    devices = tmp_path / "sys"
    plug(devices, "video0", "Caf\xe9")  # no UTF-8
    plug(devices, "video1", "Without an index", None)
    (devices / "video2").mkdir()  # unplugged while the list is made
    (devices / "videodev").mkdir()
    assert [webcam.name for webcam in webcams(devices, [])] == ["Caf\ufffd", "Without an index"]


def test_a_camera_that_was_plugged_in_elsewhere_is_found_by_its_name() -> None:
    driver, there = Driver(), [Webcam("A", "/dev/v4l/by-path/usb-1-video-index0", 0)]
    source = WebcamSource("A", listed=lambda: list(there), capture=driver)
    source.open()
    source.close()
    there[:] = [Webcam("B", "/dev/video0", 0), Webcam("A", "/dev/video4", 4)]
    source.open()
    source.close()
    assert driver.opened == ["/dev/v4l/by-path/usb-1-video-index0", "/dev/video4"] and driver.released == 2


def camera(formats: dict[str, dict[tuple[int, ...], list[tuple[int, ...]]]]) -> Callable[[int, int, bytearray], None]:
    """ioctl of a V4L2 camera: of each format, its sizes (two numbers, or six of a range) and their intervals (seconds
    as numerator and denominator, or such pairs from the least to the largest and the step)."""

    def of(kind: int) -> dict[tuple[int, ...], list[tuple[int, ...]]]:
        return next(sizes for code, sizes in formats.items() if int.from_bytes(code.encode(), "little") == kind)

    def answer(device: int, request: int, content: bytearray) -> None:
        number, size, head = request & 0xFF, request >> 16 & 0x3FFF, struct.unpack_from("4I", content)
        assert size == len(content) and request >> 30 == 3 and request >> 8 & 0xFF == ord("V")
        index = head[0]
        try:
            if number == 2:  # formats
                assert head[1] == 1
                content[44:48] = list(formats)[index].encode()
            elif number == 74:  # sizes
                found = list(of(head[1]))[index]
                struct.pack_into(f"{1 + len(found)}I", content, 8, 1 if len(found) == 2 else 3, *found)
            elif number == 75:  # intervals
                sizes = of(head[1])
                own = next((rates for at, rates in sizes.items() if at == head[2:4]), next(iter(sizes.values())))[index]
                struct.pack_into(f"{1 + len(own)}I", content, 16, 1 if len(own) == 2 else 2, *own)
        except IndexError:
            raise OSError(errno.EINVAL, "no more") from None

    return answer


def test_modes_as_the_driver_lists_them(tmp_path) -> None:
    (tmp_path / "video0").touch()
    usb = camera({
        "YUYV": {(640, 480): [(1, 30), (1, 15)], (1280, 720): [(1, 10)]},
        "MJPG": {(640, 480): [(1, 30), (1, 60)], (1280, 720): [(333333, 10000000)]},
        "H264": {(1920, 1080): [(1, 30)]},  # OpenCV does not decode it
    })  # fmt: skip
    found = modes_of(str(tmp_path / "video0"), usb)
    assert [(mode.code, mode.size) for mode in found] == [(mode.code, mode.size) for mode in MODES]
    assert [mode.hz for mode in found] == pytest.approx([30, 10, 60, 30], rel=1e-4)
    assert modes_text(found) == "640 × 480 at 60 Hz, 1280 × 720 at 30 Hz"
    loop = camera({"YU12": {(2, 1280, 1, 2, 1080, 1): [(1, 60, 1, 1, 1, 60)]}})
    assert modes_of(str(tmp_path / "video0"), loop) == [
        Mode("YU12", (640, 480), 60.0),
        Mode("YU12", (1280, 720), 60.0),
    ]
    assert modes_of(str(tmp_path / "none"), usb) == [] and modes_text([]) == ""
    assert modes_of(str(tmp_path / "video0")) == []  # a file, not a camera


@pytest.mark.parametrize(
    ("size", "hz", "code"),
    [
        ((1280, 720), 30.0, "MJPG"),  # uncompressed it would come at 10 Hz
        ((1280, 720), None, "MJPG"),
        ((1280, 720), 10.0, "YUYV"),
        ((640, 480), 30.0, "YUYV"),
        (None, 60.0, "MJPG"),
        (None, None, None),
        ((800, 600), 30.0, None),
    ],
)
def test_the_format_that_is_fast_enough(size, hz, code) -> None:
    assert best_code(MODES, size, hz) == code and best_code([], size, hz) is None


def test_a_webcam_is_asked_for_format_size_and_rate() -> None:
    driver = Driver(stamps=False)
    listed, modes = (lambda: [Webcam("A", "/dev/a", 0)]), (lambda path: MODES if path == "/dev/a" else [])
    source = WebcamSource("A", (1280, 720), 30.0, listed=listed, capture=driver, modes=modes)
    source.open()
    assert driver.opened == ["/dev/a"]
    asked = [cv2.CAP_PROP_FOURCC, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS]
    assert list(driver.given)[:4] == asked  # the format first
    assert [driver.given[field] for field in asked] == [cv2.VideoWriter.fourcc(*"MJPG"), 1280, 720, 30]
    before = time.perf_counter()
    (frame,) = source.read(1.0)
    assert before <= frame.received <= time.perf_counter()  # a driver without times: when it came
    driver.plugged = False
    with pytest.raises(InputError, match="A gives no picture"):
        until(lambda: source.read(0.1) is None)
    source.close()
    assert driver.released == 1
    with pytest.raises(InputError, match="A cannot be opened; close the program"):
        source.open()
