"""From a path to a recording: one unpacking, one name, nothing converted."""

import json
import zipfile

import numpy as np
import pytest
from fake_lifters import swaying
from odd_rig import odd_bvh

from engine.data.formats.kinestate_npz import save_clip
from engine.errors import InputError
from engine.experiment.prepared import recording_of
from engine.experiment.settings import Experiment, FileSource
from engine.experiment.sources import BUILTIN, builtin_clips, clip_path, open_recording, sources
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17
from engine.observation.observe import observe
from engine.pieces import PIECE
from engine.progress import Cancelled, watched


@pytest.fixture
def archive(tmp_path):
    for name in ("a", "b"):
        save_clip(tmp_path / f"{name}.npz", swaying(30))
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as packed:
        for name in ("a", "b"):
            packed.write(tmp_path / f"{name}.npz", f"{name}.npz")
    return tmp_path / "two.zip"


def test_an_archive_is_unpacked_once(archive, monkeypatch):
    from engine.data import registry

    real, unpacked = registry.unpack, []
    monkeypatch.setattr(registry, "unpack", lambda path, folder: unpacked.append(real(path, folder)))
    opened = open_recording(str(archive), select="b")
    assert len(unpacked) == 1
    assert opened.recording.name == "b" and opened.siblings == ("a", "b")


def test_several_need_a_choice(archive):
    assert open_recording(str(archive), first=True).recording.name == "a"
    with pytest.raises(InputError, match=r"^two\.zip: it holds 2 clips; choose one of them, such as a\.$"):
        open_recording(str(archive))
    with pytest.raises(InputError, match=r"^two\.zip: it holds nothing called 'c'; choose one of a, b\.$"):
        open_recording(str(archive), select="c")


def test_the_name_is_the_source_s_everywhere(archive):
    (source,) = sources(str(archive), "b")
    assert source.open().name == "b" == recording_of(Experiment(source=FileSource(path=str(archive), select="b"))).name


def test_a_recording_stays_as_read(tmp_path):
    lone = MotionClip(
        "turning",
        np.arange(2) / 60,
        np.random.default_rng(0).normal(0, 0.5, (2, 17, 3)),
        H36M_17,
        rotations=np.tile([1.0, 0, 0, 0], (2, 17, 1)),
        offsets=np.zeros((17, 3)),
    )
    save_clip(tmp_path / "turning.npz", lone)
    opened = open_recording(str(tmp_path / "turning.npz"), rate_hz=30)
    np.testing.assert_array_equal(opened.recording.rotations, lone.rotations)
    assert opened.recording.times[1] == pytest.approx(1 / 30) and opened.siblings == ()
    assert dict(opened.card)["Rotations"] == "yes" and "Note" not in dict(opened.card)
    assert opened.notes == opened.recording.provenance.notes


def test_cancelled_before_it_is_read(archive, monkeypatch):
    monkeypatch.setattr("engine.data.registry.Source.open", lambda *_, **__: pytest.fail("was read"))
    found = sources(str(archive))
    with pytest.raises(Cancelled), watched(lambda: True):
        open_recording(str(archive), first=True, found=found)


def _bvh(folder):
    return odd_bvh(folder / "odd.bvh")


def _frames(folder):
    person = [round(n, 1) for k in range(17) for n in (300 + 5 * k, 200 + 12 * k, 0.9)]
    for number in range(20):
        (folder / f"walk_{number:012d}_keypoints.json").write_text(
            json.dumps({"people": [{"pose_keypoints_2d": person}]})
        )
    return folder


def _results(folder):
    _frames(folder)
    person = json.loads((folder / "walk_000000000000_keypoints.json").read_text())["people"][0]["pose_keypoints_2d"]
    path = folder / "results.json"
    path.write_text(json.dumps([{"image_id": k, "keypoints": person, "score": 1.0} for k in range(50)]))
    return path


def _packed(folder):
    save_clip(folder / "a.npz", swaying(30))
    with zipfile.ZipFile(folder / "two.zip", "w") as packed:
        packed.write(folder / "a.npz", "a.npz")
    (folder / "a.npz").unlink()
    return folder / "two.zip"


@pytest.mark.parametrize("write", [_bvh, _frames, _results, _packed])
def test_cancelled_wherever_the_reader_is(write, tmp_path, monkeypatch):
    """It stops at every one of the places where it asks, and reports shares that rise to a whole."""
    monkeypatch.setattr("engine.data.formats.bvh._PIECE", 1000)
    path, asked, shares = str(write(tmp_path)), [], []
    with watched(lambda: bool(asked.append(1)), shares.append):
        whole = open_recording(path, first=True).recording
    assert len(whole) >= 20 and len(asked) > 2 and all(0 <= share <= 1 for share in shares)
    for places in range(0, len(asked), max(1, len(asked) // 5)):
        left = iter([False] * places + [True])
        with pytest.raises(Cancelled), watched(lambda left=left: next(left)):
            open_recording(path, first=True)


def test_nobody_watches_afterwards(archive):
    with pytest.raises(Cancelled), watched(lambda: True):
        sources(str(archive))
    assert len(sources(str(archive))) == 2


def test_a_long_clip_is_cancelled_while_it_is_seen():
    """By a camera, and before that in the search for stray frames: between two pieces."""
    clip, asked = swaying(3 * PIECE), []
    with watched(lambda: bool(asked.append(1))):
        seen = observe(clip, "front")
    assert len(seen.observation) == len(clip) and len(asked) > 5
    with pytest.raises(Cancelled), watched(lambda: True):
        observe(clip, "front")


def test_built_in_clips():
    assert "demo" in builtin_clips()
    assert clip_path(f"{BUILTIN}demo").is_file()
    assert open_recording(f"{BUILTIN}demo").recording.name == "demo"
    with pytest.raises(InputError, match=r"^There is no built-in clip 'waltz'; choose one of .*demo"):
        clip_path(f"{BUILTIN}waltz")
