"""The published networks, where they are set up: keypoints of stored pictures, and both engines alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine.detector import networks
from engine.detector.detection import Detection, Picture
from engine.detector.library import installed, open_detector

HERE = Path(__file__).parent / "pictures"
REFERENCE: dict[str, dict[str, Any]] = json.loads((HERE / "reference.json").read_text())
"""By picture of the mannequin and detector: people from left to right, with xy, confidence and box."""
NAMES = ("full", "lite", "heavy")
VIDEOS = Path(__file__).parents[4] / "shared/data/multiview/pose2sim_single/videos"


def needs(name: str) -> None:
    if name not in installed():
        pytest.skip(f"the detector is not set up (kinestate detector setup --which {name})")


def picture_of(name: str) -> Picture:
    return np.asarray(cv2.imread(str(HERE / f"{name}.png")), np.uint8)


def people_in(picture: Picture, name: str) -> list[Detection]:
    return sorted(open_detector(name).detect(picture, 2), key=lambda found: found.box[0])


@pytest.fixture(params=["onnxruntime", "opencv"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "onnxruntime" and not networks.has_onnxruntime():
        pytest.skip("onnxruntime is not installed")
    monkeypatch.setattr(networks, "has_onnxruntime", lambda: request.param == "onnxruntime")
    return request.param


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("picture", REFERENCE)
def test_keypoints_are_those_stored_to_a_pixel(picture: str, name: str, engine: str):
    needs(name)
    found, stored = people_in(picture_of(picture), name), REFERENCE[picture][name]
    assert len(found) == len(stored) > 0
    for one, reference in zip(found, stored, strict=True):
        assert np.abs(one.xy - reference["xy"]).max() < 1
        assert np.abs(one.confidence - reference["confidence"]).max() < 0.05
        assert one.confidence.min() >= 0
        assert one.confidence.max() <= 1
        assert one.box == pytest.approx(reference["box"], abs=1)


@pytest.mark.skipif(not networks.has_onnxruntime(), reason="onnxruntime is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_both_engines_give_the_same_keypoints(name: str, monkeypatch: pytest.MonkeyPatch):
    needs(name)
    first = people_in(picture_of("two"), name)
    monkeypatch.setattr(networks, "has_onnxruntime", lambda: False)
    second = people_in(picture_of("two"), name)
    assert len(first) == len(second) == 2
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one.xy, other.xy, atol=0.05)
        np.testing.assert_allclose(one.confidence, other.confidence, atol=1e-3)


def test_the_stored_keypoints_are_where_the_mannequin_is():
    """The three networks agree on it, to a fraction of the person's height."""
    for by_name in REFERENCE.values():
        for k, person in enumerate(by_name["heavy"]):
            height = person["box"][3] - person["box"][1]
            for other in ("full", "lite"):
                apart = np.linalg.norm(np.subtract(person["xy"], by_name[other][k]["xy"]), axis=1)
                assert np.median(apart) < 0.03 * height


@pytest.mark.parametrize("name", NAMES)
def test_a_followed_still_person_stays(name: str):
    needs(name)
    detector, picture = open_detector(name), picture_of("walking")
    first = detector.detect(picture)[0].xy
    for _ in range(8):
        (last,) = detector.detect(picture)
    height = np.ptp(first[:, 1])
    assert np.linalg.norm(last.xy - first, axis=1).mean() < 0.02 * height


def test_nobody_in_an_empty_picture():
    needs("full")
    assert open_detector("full").detect(np.full((240, 320, 3), 128, np.uint8), 3) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (2000, 3, 3), (7, 900, 3)])
def test_pictures_of_any_shape(shape: tuple[int, int, int]):
    needs("full")
    assert open_detector("full").detect(np.zeros(shape, np.uint8), 2) == []


@pytest.mark.slow
@pytest.mark.skipif(not VIDEOS.exists(), reason="the four-camera recording in ../shared/data is not there")
@pytest.mark.parametrize("camera", ["cam01", "cam02", "cam03", "cam04"])
def test_a_real_person_is_found_in_every_picture(camera: str):
    import av

    needs("full")
    detector = open_detector("full")
    hips = []
    with av.open(str(VIDEOS / f"{camera}.mp4")) as film:
        for frame in film.decode(video=0):
            found = detector.detect(frame.to_ndarray(format="bgr24"))
            assert len(found) == 1
            hips.append(found[0].xy[[23, 24]].mean(0))
    assert len(hips) == 100
    assert np.linalg.norm(np.diff(hips, axis=0), axis=1).max() < 25  # never on to the bystander
