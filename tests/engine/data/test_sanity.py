"""What a reader returns is checked once: numbers, people, cameras and clocks that can be."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.cameras.pinhole import look_at
from engine.data import registry
from engine.data.formats.kinestate_npz import save_clip
from engine.data.sanity import check_recording
from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.motion.skeleton import COCO_17, H36M_17
from engine.observation.keypoints import Keypoints2D

HERE = Path("some.file")
GENERATOR = np.random.default_rng(0)
CAMERA = look_at("c", np.array([0.0, -4.0, 1.0]), np.array([0.0, 0.0, 1.0]))
CLIP = MotionClip("a", np.arange(5) / 30, GENERATOR.normal(size=(5, 17, 3)), H36M_17, cameras=(CAMERA,))
SEEN = Keypoints2D("a", np.arange(5) / 30, GENERATOR.uniform(0, 600, (5, 17, 2)), np.ones((5, 17)), COCO_17, (640, 480))


def changed(array: np.ndarray, value: float, *place: int) -> np.ndarray:
    array = array.copy()
    array[place] = value
    return array


def with_camera(**changes: object) -> MotionClip:
    return replace(CLIP, cameras=(replace(CAMERA, **changes),))


WRONG = {
    "nan": (replace(CLIP, positions=changed(CLIP.positions, np.nan, 2, 3, 1)), "frame 2 has nan as a position"),
    "far": (replace(CLIP, positions=changed(CLIP.positions, 1e11, 2, 3, 1)), r"frame 2 has 1e\+11 as a position"),
    "no height": (replace(CLIP, positions=CLIP.positions * 0), "the person is 0 m from end to end"),
    "giant": (replace(CLIP, positions=CLIP.positions * 1000), "the person is .* m from end to end"),
    "no frame": (replace(CLIP, times=CLIP.times[:0], positions=CLIP.positions[:0]), "holds no frame"),
    "endless": (replace(CLIP, times=np.array([0, 1, 2, 3, np.inf])), "times are not all finite"),
    "leap": (replace(CLIP, times=np.array([0, 1, 2, 3, 1e9])), "times go from 3"),
    "crowded": (replace(CLIP, times=np.arange(5) * 1e-12), "times go from 0"),
    "focal": (with_camera(focal=(0.0, 0.0)), "camera 'c' has the focal length 0"),
    "focal nan": (with_camera(focal=(np.nan, 1.0)), "camera 'c' has the focal length"),
    "principal": (with_camera(principal=(np.inf, 1.0)), "principal point"),
    "centre": (with_camera(centre=np.full(3, np.nan)), "stands beyond"),
    "rotation": (with_camera(rotation=np.zeros((3, 3))), "has a rotation that is none"),
    "image": (with_camera(image_size=(0, 10)), "the picture has 0 x 10 pixels"),
    "lens": (with_camera(distortion=(1e30, 0.0, 0.0, 0.0)), "lens coefficients"),
    "pixel": (replace(SEEN, xy=changed(SEEN.xy, 1e9, 1, 1, 1)), "frame 1 has 1e.09 as a pixel"),
    "pixel nan": (replace(SEEN, xy=changed(SEEN.xy, np.nan, 1, 1, 1)), "frame 1 has nan as a pixel"),
    "confidence": (replace(SEEN, confidence=changed(SEEN.confidence, 2.0, 0, 0)), "confidence is not between"),
    "one point": (replace(SEEN, xy=SEEN.xy * 0), "all joints in one point"),
    "unseen": (replace(SEEN, confidence=SEEN.confidence * 0), "show nobody"),
    "picture": (replace(SEEN, image_size=(10**9, 480)), "the picture has"),
    "time back": (replace(SEEN, times=SEEN.times[::-1].copy()), "times go from"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused(name):
    recording, said = WRONG[name]
    with pytest.raises(InputError, match=rf"^some\.file: .*{said}.*; .*\.$"):
        check_recording(HERE, recording)


def test_what_can_be_is_left_alone():
    check_recording(HERE, CLIP)
    check_recording(HERE, SEEN)


def test_every_file_is_checked(tmp_path):
    save_clip(tmp_path / "a.npz", with_camera(focal=(0.0, 0.0)))
    with pytest.raises(InputError, match="focal length 0"):
        registry.open_motion(tmp_path / "a.npz")


class Faulty:
    """A reader whose functions fail in ways that no reader should."""

    def __init__(self, where: str, error: BaseException) -> None:
        self.where, self.error = where, error

    def _at(self, where: str) -> None:
        if where == self.where:
            raise self.error

    def matches(self, head, path):
        self._at("matches")
        return head.startswith(b"FAULTY")

    def contents(self, path):
        self._at("contents")
        return ["one", "two"]

    def read(self, path, *, rate_hz=None, unit=None, up=None, select=None):
        self._at("read")
        return CLIP


@pytest.mark.parametrize("where", ["matches", "contents", "read"])
@pytest.mark.parametrize("error", [TypeError("x"), RecursionError(), MemoryError(), OSError(5, "x"), KeyError(1)])
def test_one_net_around_every_function_of_a_reader(tmp_path, monkeypatch, where, error):
    reader = Faulty(where, error)
    monkeypatch.setattr(registry, "FORMATS", [registry.Format("Faulty", lambda: reader, (".x",))])
    (tmp_path / "a.x").write_bytes(b"FAULTY")
    if where == "contents":  # a file whose list cannot be read stays one source
        assert [source.select for source in registry.expand(tmp_path / "a.x")] == [None]
        return
    with pytest.raises(InputError, match=r"^a\.x: .*; .*\.$"):
        registry.open_motion(tmp_path / "a.x")
    with pytest.raises(InputError, match=r"^a\.x: .*; .*\.$"):
        [source.open() for source in registry.expand(tmp_path / "a.x")]
