"""The one-Euro filter, what networks see as confidence, and names that are not known."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from engine.detector.confidence import seen_confidence, usual_mapping
from engine.detector.library import chosen, installed, open_detector
from engine.detector.one_euro import OneEuro
from engine.errors import InputError
from engine.motion.conversions import RULES
from engine.motion.skeleton import COCO_17, MEDIAPIPE_33


def test_without_beta_it_is_a_low_pass():
    smooth = OneEuro(min_cutoff=2.0, beta=0.0)
    assert smooth(np.array([0.0]), 0.1)[0] == 0
    share = 1 / (1 + 1 / (2 * math.pi * 2.0 * 0.1))
    assert smooth(np.array([1.0]), 0.1)[0] == pytest.approx(share)
    assert smooth(np.array([1.0]), 0.1)[0] == pytest.approx(share + share * (1 - share))


def test_fast_values_are_followed_and_slow_noise_is_not():
    smooth, steady = OneEuro(0.01, 10.0), OneEuro(0.01, 10.0)
    random = np.random.default_rng(0)
    steps = [smooth(np.array([5.0 * k]), 1 / 30, 100.0)[0] - 5.0 * k for k in range(60)]
    assert abs(steps[-1]) < 5
    noise = [steady(random.normal(0, 0.1, 1), 1 / 30, 100.0)[0] for _ in range(200)]
    assert np.std(noise[50:]) < 0.05


def test_speed_is_measured_in_the_given_scale():
    small, large = OneEuro(0.5, 1.0), OneEuro(0.5, 1.0)
    for value in (0.0, 1.0, 3.0):
        a, b = small(np.array([value]), 0.1, 1.0), large(np.array([10 * value]), 0.1, 10.0)
    assert b[0] == pytest.approx(10 * a[0])


def test_confidence_as_networks_see_it():
    confidence = np.array([0.0, 0.2, 1.0])
    assert usual_mapping(MEDIAPIPE_33) == "one"
    assert usual_mapping(COCO_17) == "as detected"
    assert seen_confidence(confidence, "one").tolist() == [0, 1, 1]
    assert seen_confidence(confidence, "as detected").tolist() == confidence.tolist()


def test_every_layout_goes_to_h36m():
    from engine.detector.own.layout import SKELETONS

    for skeleton in (MEDIAPIPE_33, *SKELETONS.values()):
        assert (skeleton.name, "H36M-17") in RULES


def test_where_nothing_is_set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert installed() == ()
    with pytest.raises(InputError, match="not set up here; run: kinestate detector setup"):
        open_detector("full")


def test_damaged_files_say_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    from engine.detector.published import NETWORKS, folder

    folder().mkdir(parents=True)
    for network in NETWORKS.values():
        network.path.write_bytes(b"no network")
    assert installed() == ("full", "lite", "heavy")
    with pytest.raises(InputError, match=r"is damaged; delete .* and run: kinestate detector setup"):
        open_detector("lite")


@pytest.mark.parametrize("name", ["fast", "", "full.tflite"])
def test_unknown_names(name: str):
    with pytest.raises(InputError, match="not known"):
        open_detector(name)
    with pytest.raises(InputError, match="not known"):
        chosen(name)
    assert chosen("lite, full") == ["lite", "full"]
