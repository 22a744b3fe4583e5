"""The detector's process: what goes in comes out, and what hangs or dies begins again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing import shared_memory
from pathlib import Path

import numpy as np
import pytest
from camera_fakes import picture
from live_detector_fakes import Wooden, not_set_up
from live_fakes import until

from engine.errors import InputError
from engine.live.detector.process import DetectorProcess
from engine.live.detector.shared import SharedPicture, SharedView

pytestmark = pytest.mark.slow


def never() -> bool:
    return False


@pytest.fixture
def detector(tmp_path) -> Iterator[DetectorProcess]:
    made = DetectorProcess(partial(Wooden, tmp_path), hung_s=0.6)
    made.start()
    yield made
    made.stop()


def looked(detector: DetectorProcess, number: int, size: tuple[int, int] = (128, 96)) -> int | None:
    """The number that the detector read in a picture; None where it gave no answer."""
    until(lambda: detector.ready(0.05))
    found = detector.detect(picture(number, size), 1, never)
    return None if found is None else int(found[0].xy[15, 1])


def block(detector: DetectorProcess) -> str:
    return detector._shared._block.name


def exists(name: str) -> bool:
    return Path(f"/dev/shm/{name}").exists()


def test_pictures_of_any_size_arrive(detector) -> None:
    for number, size in ((3, (128, 96)), (200, (64, 48)), (77, (640, 480)), (5, (128, 96))):
        assert looked(detector, number, size) == number
    assert (detector.name, detector.skeleton.name, detector.trouble) == ("wooden", "MediaPipe-33", "")
    name, pid = block(detector), detector.pid
    detector.stop()
    assert not exists(name) and detector.pid is None and not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(("what", "said"), [("hang", "gave no answer for 0.6 s"), ("die", "ended"), ("raise", "ended")])
def test_what_fails_is_started_again(detector, tmp_path, what, said) -> None:
    assert looked(detector, 1) == 1
    first, name = detector.pid, block(detector)
    (tmp_path / what).touch()
    assert looked(detector, 2) is None
    assert detector.trouble == f"The detector {said}; it was started again."
    assert detector.restarts == 1 and not exists(name) and not Path(f"/proc/{first}").exists()
    assert looked(detector, 3) == 3 and detector.trouble == "" and detector.pid != first


def test_what_always_fails_ends_with_a_sentence(detector, tmp_path) -> None:
    with pytest.raises(InputError, match="The detector ended 3 times in a row; choose another one") as raised:
        for number in range(4):
            (tmp_path / "raise").touch()
            looked(detector, number)
    assert "on purpose" in raised.value.detail


def test_one_that_cannot_do_says_so_at_once(detector, tmp_path) -> None:
    assert looked(detector, 1) == 1
    (tmp_path / "refuse").touch()
    with pytest.raises(InputError, match=r"wooden\.onnx: output cannot be read; choose another file"):
        looked(detector, 2)
    assert detector.pid is None and detector.restarts == 0


def test_one_that_is_not_set_up_says_so_at_once() -> None:
    detector = DetectorProcess(not_set_up)
    with pytest.raises(InputError, match="is not set up here; run: kinestate detector setup"):
        until(lambda: detector.ready(0.05))
    assert detector.pid is None and detector.restarts == 0


def test_one_that_is_killed_from_outside_comes_back(detector) -> None:
    assert looked(detector, 1) == 1
    os.kill(detector.pid, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{detector.pid}").exists() or detector._process.exitcode is not None)
    assert looked(detector, 2) is None
    assert looked(detector, 3) == 3


def test_whoever_gives_up_waits_no_longer(detector, tmp_path) -> None:
    assert looked(detector, 1) == 1
    (tmp_path / "hang").touch()
    began = time.monotonic()
    assert detector.detect(picture(1), 1, lambda: True) is None
    detector.stop()
    assert time.monotonic() - began < 1.5


OWNER = """
import sys, time
sys.path[:0] = {path!r}
from functools import partial
from pathlib import Path
from live_detector_fakes import Wooden
from camera_fakes import picture
from engine.live.detector.process import DetectorProcess
if __name__ == "__main__":
    detector = DetectorProcess(partial(Wooden, Path({folder!r})))
    while not detector.ready(0.1):
        pass
    detector.detect(picture(1), 1, lambda: False)
    print(detector.pid, detector._shared._block.name, flush=True)
    time.sleep(60)
"""


def test_nothing_is_left_where_the_owner_is_killed(tmp_path) -> None:
    """By kill -9: the detector's process ends, and its memory is given back."""
    program = tmp_path / "owner.py"
    program.write_text(OWNER.format(path=sys.path, folder=str(tmp_path)))
    owner = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True)
    pid, name = owner.stdout.readline().split()
    assert exists(name)
    owner.kill()
    owner.wait()
    until(lambda: not Path(f"/proc/{pid}").exists() and not exists(name))


def test_memory_is_not_copied_and_grows_with_the_picture() -> None:
    writer, reader = SharedPicture(), SharedView()
    small = writer.put(picture(1, (32, 24)))
    seen = reader.picture(small)
    assert np.array_equal(seen, picture(1, (32, 24)))
    writer.put(picture(2, (32, 24)))
    assert np.array_equal(seen, picture(2, (32, 24)))  # the same memory
    with pytest.raises(ValueError, match="read-only"):
        seen[0] = 1
    large = writer.put(picture(3, (64, 48)))
    del seen
    assert large.name != small.name and np.array_equal(reader.picture(large), picture(3, (64, 48)))
    reader.close()
    writer.close()
    with pytest.raises(FileNotFoundError):
        shared_memory.SharedMemory(large.name)
