"""From a path to a recording: one unpacking, one name, nothing converted."""

import zipfile

import numpy as np
import pytest
from fake_lifters import swaying

from engine.data.formats.kinestate_npz import save_clip
from engine.errors import InputError
from engine.experiment.prepared import recording_of
from engine.experiment.settings import Experiment, FileSource
from engine.experiment.sources import BUILTIN, builtin_clips, clip_path, open_recording, sources
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17
from engine.progress import Cancelled


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
    with pytest.raises(Cancelled):
        open_recording(str(archive), first=True, cancel=lambda: True)


def test_built_in_clips():
    assert "demo" in builtin_clips()
    assert clip_path(f"{BUILTIN}demo").is_file()
    assert open_recording(f"{BUILTIN}demo").recording.name == "demo"
    with pytest.raises(InputError, match=r"^There is no built-in clip 'waltz'; choose one of .*demo"):
        clip_path(f"{BUILTIN}waltz")
