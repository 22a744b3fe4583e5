"""Degradations: bit-identical at level zero, seeded, of the size asked for, independent of each other."""

import numpy as np
import pytest

from engine.experiment import InputSettings, degrade
from engine.motion.clip import Keypoints2D
from engine.motion.skeleton import H36M_17


def keypoints(frames=120):
    rng = np.random.default_rng(0)
    shape = (frames, 17)
    return Keypoints2D(
        "k", np.arange(frames) / 60, rng.uniform(0, 1000, (*shape, 2)), np.ones(shape), H36M_17, (1000, 1000)
    )


def test_level_zero_changes_nothing_bit_for_bit():
    clean = keypoints()
    same = degrade(clean, InputSettings(subsample=1, noise_px=0, mask=0, seed=5))
    for name in ("times", "xy", "confidence"):
        assert getattr(same, name).tobytes() == getattr(clean, name).tobytes()


def test_same_seed_same_input_other_seed_other_input():
    clean = keypoints()
    level = InputSettings(subsample=2, noise_px=2, mask=0.2, seed=3)
    first, again = degrade(clean, level), degrade(clean, level)
    other = degrade(clean, level.model_copy(update={"seed": 4}))
    assert first.xy.tobytes() == again.xy.tobytes() and first.confidence.tobytes() == again.confidence.tobytes()
    assert not np.array_equal(first.xy, other.xy) and not np.array_equal(first.confidence, other.confidence)


def test_noise_has_its_size_and_the_mask_its_share():
    clean = keypoints(600)
    noisy = degrade(clean, InputSettings(noise_px=3.0))
    assert np.std(noisy.xy - clean.xy) == pytest.approx(3.0, rel=0.03)
    masked = degrade(clean, InputSettings(mask=0.15))
    assert (masked.confidence == 0).mean() == pytest.approx(0.15, abs=1e-4)
    np.testing.assert_array_equal(masked.xy, clean.xy)


def test_stresses_do_not_disturb_each_other():
    """A kept frame looks the same at every rate, noise the same with and without mask, masks are nested."""
    clean = keypoints()

    def at(**settings):
        return degrade(clean, InputSettings(seed=1, **settings))

    np.testing.assert_array_equal(at(noise_px=2, subsample=4).xy, at(noise_px=2).xy[::4])
    np.testing.assert_array_equal(at(noise_px=2, mask=0.3).xy, at(noise_px=2).xy)
    assert (at(mask=0.1).confidence >= at(mask=0.3).confidence).all()
