"""The training splits and the same takes in several formats; and bridging and resampling by known answers."""

import tarfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engine.data.cmu import bridge_jumps, cache_split, load_split, resample
from engine.data.formats import asf_amc, bvh
from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.motion.conversions import restore_missing_bones, to_h36m17
from engine.motion.rigs import rig_of
from engine.motion.rule_by_names import rule_by_names
from engine.motion.rules import apply_rule
from engine.motion.skeleton import H36M_17, Skeleton

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "cmu"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the CMU archives are not in ../shared/data/cmu")


def walk(frames, rate):
    """Two points on smooth curves at walking speed: (T, 2, 3)."""
    t = np.arange(frames) / rate
    return np.stack([[t, np.sin(t), 0 * t], [t, np.cos(t), 1 + 0 * t]], axis=1).transpose(2, 1, 0).copy()


@pytest.mark.parametrize("rate", [60.0, 120.0])
def test_a_single_jump_is_bridged_and_nothing_else(rate):
    clean = walk(100, rate)
    jumped = clean.copy()
    jumped[40, 1] += [0.5, 0, 0]
    repaired, count = bridge_jumps(jumped, rate)
    assert np.abs(repaired - clean).max() < 2e-3
    assert 1 <= count <= 5
    far = np.r_[0:36, 45:100]
    assert np.array_equal(repaired[far], clean[far])
    assert bridge_jumps(clean, rate) == (pytest.approx(clean), 0)


def test_a_jump_that_stays_is_spread_over_several_frames():
    jumped = walk(100, 120.0)
    jumped[50:] += [0, 0, 0.6]
    repaired, count = bridge_jumps(jumped, 120.0)
    speed = np.linalg.norm(np.diff(repaired, axis=0), axis=-1).max() * 120
    assert speed <= 15.1 and 3 <= count <= 12
    assert np.array_equal(repaired[:40], jumped[:40]) and np.array_equal(repaired[60:], jumped[60:])


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_short_clips_are_left_alone(frames):
    assert bridge_jumps(walk(frames, 60.0), 60.0)[1] == 0


@pytest.mark.parametrize("rate", [120.0, 119.88, 30.0, 100.0])
def test_resampling_keeps_real_time(rate):
    skeleton = Skeleton("two", ("a", "b"), (-1, 0))
    clip = MotionClip("c", np.arange(120) / rate, walk(120, rate), skeleton)
    got = resample(clip, 60.0)
    assert got.rate_hz == pytest.approx(60.0)
    assert np.allclose(got.positions[:, 0, 0], got.times) and np.allclose(
        got.positions[:, 0, 1], np.sin(got.times), atol=1e-4
    )
    assert clip.times[-1] - 1 / 60 < got.times[-1] <= clip.times[-1] + 1e-9


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match=r"val\.tar\.xz"):
        load_split(tmp_path, "val")


@needs_data
def test_a_split_needs_its_index(tmp_path):
    (tmp_path / "val.tar.xz").symlink_to(DATA / "val.tar.xz")
    with pytest.raises(InputError, match=r"index\.csv: has no row for 05/05_01\.bvh of val\.tar\.xz"):
        load_split(tmp_path, "val")


# --- real data -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    with tarfile.open(DATA / "pairs.tar.xz") as tar:
        tar.extractall(folder, filter="data")
    return folder / "pairs"


@needs_data
def test_the_same_take_as_amc_and_as_cgspeeds_bvh(pairs):
    """Legs and back agree to the digits of the file; above the chest the lost bone is put back to 6 mm."""
    amc = asf_amc.read(pairs / "01_01" / "01_01.amc")
    file = bvh.read(pairs / "01_01" / "01_01_cgspeed_mb.bvh").take(slice(1, None))  # frame 0 is a T-pose
    assert len(amc) == len(file) == 2751
    for bone, joint in {
        "root": "Hips", "lfemur": "LeftUpLeg", "ltibia": "LeftLeg", "lfoot": "LeftFoot", "rtoes": "RightToeBase",
        "rtoes end": "RightToeBase end", "upperback": "Spine", "thorax": "Spine1",
    }.items():  # fmt: skip
        a = amc.positions[:, amc.skeleton.index(bone)]
        b = file.positions[:, file.skeleton.index(joint)]
        assert np.linalg.norm(a - b, axis=-1).max() < 1e-5, bone
    gap = np.linalg.norm(to_h36m17(amc).positions - to_h36m17(file).positions, axis=-1).max(0)
    assert gap[:8].max() < 1e-4 and gap.max() < 6e-3
    assert 0.11 < np.linalg.norm(
        file.positions[:, file.skeleton.index("Neck")] - amc.positions[:, amc.skeleton.index("lowerneck")], axis=-1
    ).mean() < 0.12  # fmt: skip


@needs_data
@pytest.mark.parametrize("take", ["01_01", "01_08", "01_14"])
@pytest.mark.slow
def test_the_same_take_as_amc_and_retargeted(pairs, take):
    """iClone retargets to one avatar and may turn the whole take about the vertical: what is left is 50 mm."""
    amc = to_h36m17(asf_amc.read(pairs / take / f"{take}.amc"), floor=False).positions[::2]
    file = to_h36m17(bvh.read(pairs / take / f"{take}_iclone60.bvh"), floor=False).positions
    assert len(amc) == len(file)
    a, b = (p - p[:, :1] for p in (amc, file))
    left, scale, right = np.linalg.svd(np.einsum("tji,tjk->ik", b, a))
    turn = left @ right
    assert turn[2, 2] > 0.999 and np.linalg.det(turn) > 0, "only the heading differs"
    assert np.linalg.norm(b @ turn * scale.sum() / (b**2).sum() - a, axis=-1).mean() < 0.055
    track_a, track_b = amc[:, 0] - amc[0, 0], (file[:, 0] - file[0, 0]) @ turn
    ratio = (track_a * track_b).sum() / (track_b**2).sum()
    assert 0.95 < ratio < 1.0  # README: 113 to 118 units per true metre; we take 115
    assert np.linalg.norm(track_a - ratio * track_b, axis=-1).mean() < 0.05


@needs_data
def test_matching_by_name_comes_close_to_the_rules_of_known_rigs(pairs):
    """Limbs are found exactly but for CMU's doubled wrist; trunk and head within a hand's breadth."""
    for file in ("01_01_cgspeed_mb.bvh", "01_01_iclone60.bvh"):
        clip = bvh.read(pairs / "01_01" / file)
        known = to_h36m17(clip, floor=False)
        clip, _ = restore_missing_bones(clip, rig_of(clip.skeleton.names))
        named = rule_by_names(clip.skeleton, clip.positions)
        assert not named.missing
        gap = np.linalg.norm(
            apply_rule(named.rule, clip.skeleton, H36M_17, clip.positions) - known.positions, axis=-1
        ).mean(0)
        limbs = [
            j for j, n in enumerate(H36M_17.names) if n.split()[-1] in ("hip", "knee", "ankle", "shoulder", "elbow")
        ]
        assert gap[limbs].max() < 1e-9 and gap.max() < 0.11, file


COUNTS = {"train": 152, "val": 24, "test": 26}


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("split", COUNTS)
def test_every_clip_is_a_person_standing_on_the_floor(split):
    clips = load_split(DATA, split)
    assert len(clips) == COUNTS[split]
    for clip in clips:
        p = clip.positions
        assert clip.skeleton == H36M_17 and np.isfinite(p).all(), clip.name
        assert clip.rate_hz == pytest.approx(60), clip.name
        assert clip.category and clip.subject and "::" in clip.provenance.source

        def reach(*joints, p=p):
            return sum(np.median(np.linalg.norm(p[:, a] - p[:, b], axis=-1)) for a, b in pairwise(joints))

        # Ankle to hip, pelvis to head top over the thorax, and 8 cm under the ankle.
        height = (reach(1, 2, 3) + reach(4, 5, 6)) / 2 + reach(0, 7, 8, 10) + 0.08
        assert 1.4 < height < 2.1, (clip.name, height)
        assert abs(reach(1, 2, 3) - reach(4, 5, 6)) < 0.05, clip.name
        low = np.percentile(p[:, [3, 6], 2].min(1), 5)
        assert low == pytest.approx(0.08, abs=0.02), (clip.name, low)
        # Upright, left is left, and knees bend forward.
        assert np.mean(p[:, 10, 2] - p[:, 0, 2]) > 0.4, clip.name
        right = (p[:, 1] - p[:, 4]) + (p[:, 14] - p[:, 11])
        ahead = np.cross([0, 0, 1.0], right)
        ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
        knees = p[:, 2] + p[:, 5] - (p[:, 1] + p[:, 3] + p[:, 4] + p[:, 6]) / 2
        assert np.mean(np.sum(knees * ahead, -1)) > -0.05, clip.name
        nose = p[:, 9] - (p[:, 8] + p[:, 10]) / 2
        assert np.mean(np.sum(nose * ahead, -1)) > -0.02, clip.name
        speed = np.linalg.norm(np.diff(p, axis=0), axis=-1).max() * 60
        assert speed < 20, (clip.name, speed)


@needs_data
@pytest.mark.slow
def test_the_cache_is_the_split(tmp_path):
    cache_split(DATA, "val", tmp_path / "val.npz")
    clips = load_split(DATA, "val")
    with np.load(tmp_path / "val.npz") as cache:
        assert cache["positions"].dtype == np.float32 and cache["starts"].dtype == np.int64
        assert list(cache["names"]) == [c.name for c in clips]
        assert list(cache["subjects"]) == [c.subject for c in clips]
        assert list(cache["categories"]) == [c.category for c in clips]
        for k, clip in enumerate(clips):
            frames = cache["positions"][cache["starts"][k] : cache["starts"][k + 1]]
            assert np.allclose(frames, clip.positions, atol=1e-6)
    assert [p.name for p in tmp_path.iterdir()] == ["val.npz"]
