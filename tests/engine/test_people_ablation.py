"""Several people in virtual rigs: who stands where, who is seen, kept apart, and the command's figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fake_lifters import swaying
from typer.testing import CliRunner

from engine.cli.app import app
from engine.errors import InputError
from engine.metrics.several_people import WITHIN_MM, kept
from engine.models.loading import load_model
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17
from engine.observation.detector_noise import PERFECT, Noise
from engine.observation.people_over_time import follow_people
from engine.observation.several_people import APART_M, people_seen_by_rig, side_by_side
from engine.observation.virtual_rig import virtual_rig
from engine.report.people_ablation import ablate_people, people_table

FRAMES = 20


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    positions = swaying(3 * FRAMES).positions
    np.savez(tmp_path / "test.npz", positions=positions.astype(np.float32), starts=np.array([0, 5, 3 * FRAMES]))
    return tmp_path / "test.npz"


def three() -> np.ndarray:
    one = swaying(FRAMES).positions
    return side_by_side([one, one + [3, -4, 0], one], np.random.default_rng(0))


def test_people_stand_in_a_row_as_they_were() -> None:
    one, placed = swaying(FRAMES).positions, three()
    assert placed.shape == (FRAMES, 3, 17, 3)
    path = placed[:, :, 0, :2]
    middles = (path.min(0) + path.max(0)) / 2  # of turned boxes: near the row
    np.testing.assert_allclose(middles, [[-APART_M, 0], [0, 0], [APART_M, 0]], atol=0.1)
    for person in range(3):
        np.testing.assert_allclose(placed[:, person, :, 2], one[..., 2], atol=1e-12)
        between = [np.linalg.norm(points[:, 5] - points[:, 13], axis=-1) for points in (placed[:, person], one)]
        np.testing.assert_allclose(*between)
    assert np.abs(placed[:, 0] + [APART_M, 0, 0] - placed[:, 1]).max() > 0.05  # turned by other angles


@pytest.mark.parametrize("noise", [None, Noise()])
def test_everybody_is_seen_in_no_order_and_followed(noise: Noise | None) -> None:
    truth, rng = three(), np.random.default_rng(1)
    rig = virtual_rig(truth.reshape(-1, 17, 3), 4)
    clip = MotionClip("three", np.arange(FRAMES) / 60, truth[:, 0], H36M_17)
    views = people_seen_by_rig(clip, truth, rig, noise=noise, rng=rng)
    assert views.confidence.shape == (4, FRAMES, 3, 17) and views.tall is None
    expected = np.stack([rig[0].project(truth[:, person])[0] for person in range(3)], 1)
    if noise is None:
        for frame in range(FRAMES):
            shown = {tuple(np.round(person[0], 6)) for person in views.xy[0, frame]}
            assert shown == {tuple(np.round(person[0], 6)) for person in expected[frame]}
        same = [np.allclose(views.xy[0, frame], expected[frame]) for frame in range(FRAMES)]
        assert 0 < sum(same) < FRAMES  # one order in six
    people = follow_people(views)
    found = kept({person.id: person.places for person in people}, np.median(truth, axis=2))
    assert found.everybody == 1 and found.switches == 0


def test_switches_are_counted_as_clear_mot_does() -> None:
    truth = np.zeros((6, 2, 3))
    truth[:, 1, 0] = 3
    a, b = truth[:, 0].copy(), truth[:, 1].copy()
    steady = kept({7: a, 9: b}, truth)
    assert steady.everybody == 1 and steady.switches == 0
    crossed = kept({7: np.concatenate([a[:3], b[3:]]), 9: np.concatenate([b[:3], a[3:]])}, truth)
    assert crossed.switches == 2 and crossed.everybody == 1
    gone = b.copy()
    gone[2:4] = np.nan
    back = kept({7: a, 9: gone}, truth)
    assert back.switches == 0 and back.everybody == pytest.approx(4 / 6)
    new = np.where(np.arange(6)[:, None] >= 4, b, np.nan)
    gone[4:] = np.nan
    assert kept({7: a, 9: gone, 11: new}, truth).switches == 1
    beside = kept({7: a + [0.3, 0, 0], 9: a + [0.1, 0, 0], 11: b}, truth)
    assert beside.switches == 0 and beside.everybody == 1  # the nearest one at first, and then it stays
    nearer = a + [0.3, 0, 0]
    nearer[3:, 0] = 0
    assert kept({7: nearer, 9: a + [0.1, 0, 0], 11: b}, truth).switches == 0  # a pair lasts while it is near
    assert not kept({}, truth).found.any() and kept({7: a + [9, 0, 0]}, truth).everybody == 0


def test_figures_of_everybody(cache: Path) -> None:
    model = load_model("triangulation")
    given = {"people": (1, 3), "cameras": (4,), "scenes": 2, "frames": FRAMES}
    exact = ablate_people(cache, [model], noise=PERFECT, **given)
    assert [(row.people, row.cameras) for row in exact] == [(1, 4), (3, 4)]
    for row in exact:
        assert row.everybody == 1 and row.switches == 0 and row.recall == 1 and row.mpjpe_mm < 15
        assert list(row.ap) == [*WITHIN_MM] and row.ap[25] == 1
        assert row.minutes == pytest.approx(row.people * 2 * FRAMES / 3600)
    noisy = ablate_people(cache, [model], **given)
    assert all(a.mpjpe_mm > b.mpjpe_mm for a, b in zip(noisy, exact, strict=True))
    assert noisy == ablate_people(cache, [model], **given)
    assert people_table(noisy).count("triangulation") == 2
    with pytest.raises(InputError, match="take fewer with --frames"):
        ablate_people(cache, [model], frames=1000)
    with pytest.raises(InputError, match="two cameras or more"):
        ablate_people(cache, [model], frames=10, cameras=(1, 3))


def test_the_command(cache: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.json"
    args = ["ablate", "people", "--data", str(cache), "--scenes", "1", "--frames", "10", "--people", "2"]
    done = CliRunner().invoke(app, [*args, "--cameras", "3", "--models", "triangulation", "--json", str(out)])
    assert done.exit_code == 0 and "AP150" in done.output, done.output
    (row,) = json.loads(out.read_text())["rows"]
    assert row["people"] == 2 and row["cameras"] == 3 and set(row["ap"]) == {str(within) for within in WITHIN_MM}
    done = CliRunner().invoke(app, [*args, "--models", "hummuss_small"])
    assert done.exit_code == 2 and "choose a model that does" in done.stderr
