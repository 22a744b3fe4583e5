"""Degradations of several views: of the size asked for, seeded, each of what it says alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_lifters import swaying

from engine.errors import InputError
from engine.experiment.pipeline import degrade
from engine.experiment.settings import InputSettings
from engine.motion.skeleton import H36M_17
from engine.observation.observe import observe
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_rig import virtual_rig
from engine.observation.virtual_views import seen_by_rig
from engine.stress.live import LiveLevels, LiveStresses

OF_VIEWS = ("view_noise", "swapped_sides", "dropped_cameras", "turned_camera_deg", "late_camera_ms", "blind_camera")


def views(frames: int = 240, count: int = 4) -> MultiViewKeypoints:
    clip = swaying(frames)
    return seen_by_rig(clip, virtual_rig(clip.positions, count), height_m=1.7)


def with_levels(seed: int = 0, subsample: int = 1, **levels: float) -> MultiViewKeypoints:
    return degrade(views(), InputSettings(levels=levels, seed=seed, subsample=subsample))


def bits(found: MultiViewKeypoints) -> tuple[bytes, ...]:
    rotations = np.stack([camera.rotation for camera in found.rig])
    return tuple(a.tobytes() for a in (found.times, found.xy, found.confidence, rotations))


@pytest.mark.parametrize("field", OF_VIEWS)
def test_seeds_rates_and_level_zero(field: str) -> None:
    level = {field: 1.0}
    assert bits(with_levels(**{field: 0.0})) == bits(views())
    assert bits(with_levels(1, **level)) == bits(with_levels(1, **level)) != bits(with_levels(2, **level))
    whole = with_levels(**level)
    assert bits(with_levels(subsample=4, **level)) == bits(whole.take(slice(None, None, 4)))


def test_the_detector_errs_as_measured_and_in_proportion() -> None:
    clean, noisy, half = views(), with_levels(view_noise=1.0), with_levels(view_noise=0.5)
    seen = (noisy.confidence > 0) & (half.confidence > 0) & (clean.confidence > 0)
    assert clean.tall is not None
    share = [100 * np.linalg.norm(f.xy - clean.xy, axis=-1) / clean.tall[..., None] for f in (noisy, half)]
    assert np.median(share[0][seen]) == pytest.approx(1.14, rel=0.3)
    assert np.median(share[1][seen] / share[0][seen]) == pytest.approx(0.5, rel=1e-3)
    assert ((half.confidence == 0) <= (noisy.confidence == 0)).mean() > 0.99


@pytest.mark.parametrize("camera", ["front", "high"])
def test_a_single_camera_errs_as_much_and_a_found_joint_counts_in_full(camera: str) -> None:
    clean = observe(swaying(240), camera).observation
    noisy, again, other = (
        degrade(clean, InputSettings(levels={"view_noise": 1.0}, seed=seed)) for seed in (0, 0, 1)
    )  # fmt: skip
    seen = (noisy.confidence > 0) & (clean.confidence > 0)
    assert clean.tall is not None and set(np.unique(noisy.confidence)) == {0.0, 1.0}
    share = 100 * np.linalg.norm(noisy.xy - clean.xy, axis=-1) / clean.tall[:, None]
    assert np.median(share[seen]) == pytest.approx(1.14, rel=0.3)
    assert noisy.xy.tobytes() == again.xy.tobytes() != other.xy.tobytes()
    kept = degrade(clean, InputSettings(levels={"view_noise": 1.0}, subsample=4))
    np.testing.assert_array_equal(kept.xy, noisy.xy[::4])


def test_a_single_camera_sees_somebody_as_tall_as_they_stand_there() -> None:
    clip = swaying(20)
    seen = observe(clip, "left", height_m=1.2).observation  # what models are told of the height moves no error
    top, sole = (seen.xy[:, H36M_17.index(name), 1] for name in ("head top", "left ankle"))
    assert seen.tall is not None
    np.testing.assert_allclose(seen.tall, sole - top, rtol=0.15)


@pytest.mark.parametrize("several", [False, True])
def test_real_detections_have_their_errors_already(several: bool) -> None:
    given = views() if several else views().view(0)
    with pytest.raises(InputError, match="set the detector noise to 0"):
        degrade(replace(given, tall=None), InputSettings(levels={"view_noise": 1.0}))


def test_sides_of_a_single_camera_are_exchanged_in_runs() -> None:
    clean = views().view(2)
    swapped = degrade(clean, InputSettings(levels={"swapped_sides": 0.5}))
    mirrored = (swapped.xy == clean.xy[:, clean.skeleton.mirror]).all((1, 2))
    assert 0.15 < mirrored.mean() < 0.85 and (np.diff(mirrored.astype(int)) != 0).sum() < 60
    np.testing.assert_array_equal(swapped.xy[~mirrored], clean.xy[~mirrored])


def test_cameras_go_one_after_the_other_and_two_stay() -> None:
    names = [[c.name for c in with_levels(1, dropped_cameras=n).rig] for n in (1.0, 2.0, 6.0)]
    assert names == [["camera 1", "camera 3", "camera 4"], ["camera 1", "camera 4"], ["camera 1", "camera 4"]]
    left = with_levels(1, dropped_cameras=1.0)
    np.testing.assert_array_equal(left.xy, views().xy[[0, 2, 3]])


def test_a_turned_camera_sees_what_it_saw_and_is_calibrated_elsewhere() -> None:
    clean, turned = views(), with_levels(2, turned_camera_deg=5.0)
    np.testing.assert_array_equal(turned.xy, clean.xy)
    by = [a.rotation @ b.rotation.T for a, b in zip(turned.rig, clean.rig, strict=True)]
    angles = np.degrees(np.arccos(np.clip([(np.trace(r) - 1) / 2 for r in by], -1, 1)))
    np.testing.assert_allclose(angles, [0, 0, 5, 0], atol=1e-5)


def test_a_late_camera_shows_what_was_there() -> None:
    clean, late = views(), with_levels(1, late_camera_ms=50.0)  # three frames
    np.testing.assert_allclose(late.xy[1, 3:], clean.xy[1, :-3], atol=1e-9)
    np.testing.assert_array_equal(late.xy[1, 0], clean.xy[1, 0])
    for view in (0, 2, 3):
        np.testing.assert_array_equal(late.xy[view], clean.xy[view])
    between = with_levels(1, late_camera_ms=25.0)
    np.testing.assert_allclose(between.xy[1, 2:], (clean.xy[1, :-2] + clean.xy[1, 1:-1]) / 2, atol=1e-9)


def test_a_blind_camera_sees_nothing_for_its_share_of_the_time() -> None:
    assert (with_levels(3, blind_camera=1.0).confidence[3] == 0).all()
    some = with_levels(3, blind_camera=0.5).confidence
    assert 0.2 < (some[3] == 0).all((1, 2)).mean() < 0.8
    np.testing.assert_array_equal(some[:3], views().confidence[:3])


def test_sides_are_exchanged_in_one_camera_in_runs() -> None:
    clean, swapped = views(), with_levels(swapped_sides=0.5)
    mirrored = (swapped.xy[0] == clean.xy[0][:, :, clean.skeleton.mirror]).all((1, 2, 3))
    assert 0.15 < mirrored.mean() < 0.85 and (np.diff(mirrored.astype(int)) != 0).sum() < 60
    np.testing.assert_array_equal(swapped.xy[1:], clean.xy[1:])


def test_the_clock_takes_views_and_keypoints_at_the_same_times() -> None:
    settings = InputSettings(levels={"clock_jitter": 0.4, "drop": 0.2}, subsample=2, seed=5)
    seen = views(120)
    found = [degrade(each, settings) for each in (seen, seen.view(0))]
    assert found[0].times.tobytes() == found[1].times.tobytes()
    np.testing.assert_allclose(found[0].xy[0, :, 0], found[1].xy)


@pytest.mark.parametrize("field", ["dropped_cameras", "turned_camera_deg", "late_camera_ms"])
def test_live_twins_of_those_that_draw_nothing_equal_the_whole(field: str) -> None:
    given, level = views(60), {"late_camera_ms": 80.0}.get(field, 1.0)
    whole, stresses = degrade(given, InputSettings(levels={field: level}, seed=1)), LiveStresses(seed=1)
    stresses.chosen = LiveLevels({field: level})
    frames = [stresses.push(given.take(slice(k, k + 1))) for k in range(len(given))]
    assert all(frame is not None for frame in frames)
    np.testing.assert_allclose(np.concatenate([f.xy for f in frames if f is not None], 1), whole.xy, atol=1e-9)
