"""Virtual rigs, the measured errors of detectors, and what the views of a clip then are."""

from __future__ import annotations

import numpy as np
import pytest
from fake_lifters import swaying

from engine.motion.skeleton import H36M_17
from engine.observation.detector_noise import DETECTORS, FULL, PERFECT, Errors, Noise, detector_errors
from engine.observation.virtual_rig import ARRANGEMENTS, Arrangement, random_rigs, turned, virtual_rig
from engine.observation.virtual_views import misplaced, seen_by_rig

QUIET = {"shifted": 0.0, "swapping": 0.0}


def errors(noise: Noise, recordings: int = 150, views: int = 3, seconds: float = 1.0) -> Errors:
    return detector_errors(noise, recordings, views, np.arange(0, seconds, 1 / 60), np.random.default_rng(0))


def lengths(found: Errors) -> np.ndarray:
    """Per cent of the person's height."""
    return 100 * np.linalg.norm(found.offset, axis=-1)


# -- rigs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("views", [2, 3, 5, 8])
@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_cameras_stand_around_a_person_and_look_at_them(arrangement: Arrangement, views: int) -> None:
    rigs = random_rigs(200, views, np.random.default_rng(1), arrangement)
    np.testing.assert_allclose(rigs.axes @ np.swapaxes(rigs.axes, -1, -2), np.eye(3) + 0 * rigs.axes, atol=1e-9)
    assert (np.linalg.det(rigs.axes) > 0.999).all()
    seen = (np.array([0, 0, 0.95]) - rigs.centres)[..., None, :] @ np.swapaxes(rigs.axes, -1, -2)
    off = np.degrees(np.arccos(seen[..., 0, 2] / np.linalg.norm(seen[..., 0, :], axis=-1)))
    assert off.max() < 15 and (rigs.axes[..., 1, 2] < 0).all()  # down is down
    assert rigs.centres[..., 2].min() > (2.2 if arrangement == "ceiling corners" else 0.4)
    if views == 2 and arrangement != "random":
        a, b = (np.arctan2(rigs.centres[:, k, 1], rigs.centres[:, k, 0]) for k in (0, 1))
        apart = np.degrees(np.abs((a - b + np.pi) % (2 * np.pi) - np.pi))
        assert apart.min() > 35.9 and apart.max() < 144.1


def test_a_rig_of_a_clip_is_around_its_path_and_the_seed_s() -> None:
    clip = swaying(60)
    moved = clip.positions + [30.0, -8.0, 0]
    rig, same, other = (virtual_rig(moved, 4, seed=s) for s in (3, 3, 4))
    assert all(np.array_equal(a.centre, b.centre) for a, b in zip(rig, same, strict=True))
    assert not np.array_equal(rig[0].centre, other[0].centre) and len({c.name for c in rig}) == 4
    middle = np.mean([camera.centre for camera in rig], 0)
    assert np.linalg.norm(middle[:2] - moved[:, 0, :2].mean(0)) < 4
    for camera in rig:
        xy, depth = camera.project(moved[:, 0])
        assert (depth > 1).all() and ((xy > 0) & (xy < camera.image_size)).all()


def test_a_turned_camera_is_turned_by_that_much() -> None:
    axes = random_rigs(5, 3, np.random.default_rng(0)).axes
    by = turned(axes, np.radians(3.0), np.random.default_rng(1)) @ np.swapaxes(axes, -1, -2)
    angle = np.degrees(np.arccos((np.trace(by, axis1=-2, axis2=-1) - 1) / 2))
    np.testing.assert_allclose(angle, 3)


# -- errors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "median", "rms", "beyond_5", "beyond_10"),
    [("heavy", 0.73, 1.4, 0.4, 0.2), ("full", 1.14, 2.7, 3.9, 1.2), ("lite", 1.59, 6.5, 10.7, 4.0)],
)
def test_sizes_are_those_that_were_measured(
    name: str, median: float, rms: float, beyond_5: float, beyond_10: float
) -> None:
    found = lengths(errors(Noise(DETECTORS[name], **QUIET)))
    assert np.median(found) == pytest.approx(median, rel=0.15)
    assert np.sqrt((found**2).mean()) == pytest.approx(rms, rel=0.15 if name != "lite" else 0.45)  # no tail below t(2)
    assert 100 * (found > 5).mean() == pytest.approx(beyond_5, rel=0.35)
    assert 100 * (found > 10).mean() == pytest.approx(beyond_10, rel=0.55)


def test_tails_are_a_student_distribution_s() -> None:
    found = errors(Noise(FULL, **QUIET)).offset[..., H36M_17.index("left knee"), 0]
    around = found - np.median(found, -1, keepdims=True)
    z = np.abs(around) / (1.4826 * np.median(np.abs(around)))
    assert [100 * (z > limit).mean() for limit in (3, 5, 10)] == pytest.approx([6.9, 3.0, 0.8], rel=0.5)


def test_errors_last_a_tenth_of_a_second() -> None:
    found = errors(Noise(FULL, **QUIET), 300, 2, 100 / 60).offset  # as long as the recording that was measured
    found = np.clip(found - found.mean(2, keepdims=True), -0.04, 0.04)
    by_lag = [
        (found[:, :, k:] * found[:, :, : found.shape[2] - k]).mean() / (found**2).mean() for k in (1, 2, 5, 10, 20)
    ]
    assert by_lag == pytest.approx([0.83, 0.72, 0.45, 0.23, -0.04], abs=0.12)


def test_joints_of_a_limb_err_together() -> None:
    found = np.clip(errors(Noise(FULL, **QUIET)).offset, -0.04, 0.04)
    moving = found - found.mean(2, keepdims=True)

    def together(a: str, b: str) -> float:
        x, y = (moving[..., H36M_17.index(name), :].ravel() for name in (a, b))
        return float(np.corrcoef(x, y)[0, 1])

    assert 0.3 < together("left elbow", "left wrist") < 0.62 and 0.25 < together("right knee", "right ankle") < 0.52
    assert 0.2 < together("left hip", "left knee") < 0.46 and abs(together("left wrist", "right knee")) < 0.08


def test_a_bias_is_constant_and_gross_errors_come_in_runs() -> None:
    quiet = Noise(DETECTORS["heavy"], **QUIET)
    means = errors(quiet, 60, 4, 5.0).offset.mean(2)
    length = 100 * np.linalg.norm(means[..., H36M_17.index("nose"), :], axis=-1).mean()
    assert length == pytest.approx(1.2, rel=0.15)
    far = lengths(errors(Noise(FULL, **QUIET), 300))[..., H36M_17.index("left wrist")] > 8
    assert far[..., 1:][far[..., :-1]].mean() > 10 * far.mean()


@pytest.mark.slow
def test_one_camera_exchanges_left_and_right_in_runs() -> None:
    found = errors(Noise(FULL, swapping=0.4, exchanged=0.5), 400, 4, 3.0).exchanged
    assert found.mean() == pytest.approx(0.4 * 0.5 / 4, rel=0.2) and (found.any(-1).sum(1) <= 1).all()
    assert found[..., 1:][found[..., :-1]].mean() > 0.7


def test_missing_joints_shifts_and_blind_cameras() -> None:
    found = errors(Noise(FULL, missing=0.04, blind=0.3), 300)
    dark = found.missing.all((2, 3))
    assert dark.any(1).mean() == pytest.approx(0.3, abs=0.08) and dark.sum(1).max() == 1
    assert found.missing[~dark].mean() == pytest.approx(0.04, rel=0.15)
    assert (found.confidence[found.missing] == 0).all() and (found.confidence[~found.missing] > 0).all()
    assert not errors(Noise(FULL, blind=1.0), 20, 2).missing.all((2, 3)).any()
    shifts = errors(Noise(FULL, shifted=1.0).times(1e-9), 40).offset.mean((2, 3))
    assert (np.linalg.norm(shifts, axis=-1) > 0.00499).all() and np.linalg.norm(shifts, axis=-1).max() < 0.0201


def test_a_detector_is_surer_where_it_is_right() -> None:
    found = errors(Noise(FULL, **QUIET))
    sure = found.confidence > 0.95
    assert np.median(lengths(found)[sure]) < np.median(lengths(found)[~sure & ~found.missing])


def test_the_seed_decides() -> None:
    first, same = errors(Noise()), errors(Noise())
    assert np.array_equal(first.offset, same.offset) and np.array_equal(first.confidence, same.confidence)


# -- a clip's views -------------------------------------------------------------------------------------------


def test_a_perfect_detector_sees_what_the_cameras_project() -> None:
    clip = swaying(20)
    rig = virtual_rig(clip.positions, 3, "half ring")
    for noise in (None, PERFECT):
        views = seen_by_rig(clip, rig, height_m=1.7, noise=noise)
        assert views.xy.shape == (3, 20, 1, 17, 2) and (views.confidence <= 1).all()
        for k, camera in enumerate(rig):
            xy, _ = camera.project(clip.positions)
            seen = views.confidence[k, :, 0] > 0
            assert seen.mean() > 0.6
            np.testing.assert_allclose(views.xy[k, :, 0][seen], xy[seen], atol=1e-3)


def test_what_is_beyond_the_picture_is_not_seen() -> None:
    clip = swaying(5)
    rig = virtual_rig(clip.positions, 2)
    away = seen_by_rig(type(clip)("away", clip.times, clip.positions + [0, 0, 50.0], clip.skeleton), rig, height_m=1.7)
    assert (away.confidence == 0).all()


def test_errors_are_shares_of_the_person_s_height_in_the_picture() -> None:
    clip = swaying(200)
    rig = virtual_rig(clip.positions, 2)
    clean = seen_by_rig(clip, rig, height_m=1.7)
    noisy = seen_by_rig(clip, rig, height_m=1.7, noise=Noise(FULL, **QUIET), rng=np.random.default_rng(0))
    for k, camera in enumerate(rig):
        _, depth = camera.project(clip.positions[:, 0])
        tall = camera.focal[0] * 1.7 / depth[:, None]
        both = (clean.confidence[k, :, 0] > 0) & (noisy.confidence[k, :, 0] > 0)
        share = 100 * np.linalg.norm(noisy.xy[k, :, 0] - clean.xy[k, :, 0], axis=-1) / tall
        assert np.median(share[both]) == pytest.approx(1.14, rel=0.35)


def test_a_camera_that_was_moved_stays_where_it_was() -> None:
    rig = virtual_rig(swaying(3).positions, 3)
    other = misplaced(rig, 1, 3.0, np.random.default_rng(0))
    assert np.array_equal(other[1].centre, rig[1].centre) and not np.allclose(other[1].rotation, rig[1].rotation)
    assert other[0] is rig[0] and other[2] is rig[2]
