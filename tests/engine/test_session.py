"""Sessions: JSON round trip, relative paths, fingerprints, bad files."""

import json

import pytest
from fake_lifters import swaying

from engine.errors import InputError
from engine.experiment.pipeline import observe
from engine.experiment.session import changes_since_saved, load_session, save_session
from engine.experiment.settings import CameraSettings, DeltaSetting, Experiment, InputSettings, ModelChoice


def full(clip):
    return Experiment(
        clip=str(clip),
        select="P1",
        rate_hz=59.94,
        unit="cm",
        up="Y",
        camera=CameraSettings.of(observe(swaying(5), "left").keypoints.camera),
        input=InputSettings(
            subsample=4,
            noise_px=2.5,
            mask=0.15,
            limbs=0.3,
            bar=0.1,
            bar_direction="level",
            drop=0.2,
            clock_jitter=0.4,
            seed=7,
            resample=True,
        ),
        delta=DeltaSetting(mode="factor", factor=0.25),
        models=(
            ModelChoice(name="hummuss_small"),
            ModelChoice(name="hummuss_small_causal", delta=DeltaSetting(mode="nominal")),
        ),
        height_m=1.8,
        frames=(10, 90),
        view={"bookmarks": [3, 14], "theme": "dark"},
    )


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "walk.bvh"
    path.write_text("any content")
    return path


def test_round_trip_keeps_everything(tmp_path, clip):
    experiment = full(clip)
    stamped = save_session(experiment, tmp_path / "s.json")
    loaded = load_session(tmp_path / "s.json")
    assert loaded == stamped.model_copy(update={"clip": str(clip)})
    assert loaded.model_copy(update={"kinestate": "", "clip_sha256": "", "weights_sha256": {}}) == experiment
    assert len(loaded.clip_sha256) == 64 and set(loaded.weights_sha256) == {"hummuss_small", "hummuss_small_causal"}
    assert not changes_since_saved(loaded)


def test_sessions_from_before_the_newer_stresses_load(tmp_path):
    path = tmp_path / "old.json"
    path.write_text('{"clip": "builtin:walk", "input": {"subsample": 2, "mask": 0.1}, "delta": {"mode": "auto"}}')
    assert load_session(path).input == InputSettings(subsample=2, mask=0.1)


def test_a_session_moves_with_its_folder(tmp_path, clip):
    save_session(Experiment(clip=str(clip)), tmp_path / "s.json")
    assert json.loads((tmp_path / "s.json").read_text())["clip"] == "walk.bvh"
    moved = tmp_path.rename(tmp_path.with_name("elsewhere"))
    assert load_session(moved / "s.json").clip == str(moved / "walk.bvh")


def test_a_clip_elsewhere_keeps_its_whole_path(tmp_path, clip):
    (tmp_path / "sessions").mkdir()
    save_session(Experiment(clip=str(clip)), tmp_path / "sessions" / "s.json")
    assert load_session(tmp_path / "sessions" / "s.json").clip == str(clip)


def test_changed_files_are_reported(tmp_path, clip):
    save_session(Experiment(clip=str(clip)), tmp_path / "s.json")
    clip.write_text("something else")
    assert changes_since_saved(load_session(tmp_path / "s.json")) == [
        "walk.bvh has changed since this session was saved."
    ]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("not json", "content"),
        ("[1, 2]", "content"),
        ('{"input": {"subsample": 0}}', "input.subsample"),
        ('{"input": {"noise_px": NaN}}', "input.noise_px"),
        ('{"colour": "red"}', "colour"),
        ('{"version": 2}', "version"),
        ('{"delta": {"mode": "factor", "factor": -1}}', "delta.factor"),
    ],
)
def test_bad_sessions_name_file_and_field(tmp_path, text, field):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"bad\.json") as caught:
        load_session(path)
    assert field in str(caught.value) and "\n" not in str(caught.value)


def test_missing_and_unwritable_sessions(tmp_path, clip):
    with pytest.raises(InputError, match="does not exist"):
        load_session(tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot be written"):
        save_session(Experiment(clip=str(clip)), tmp_path / "no folder" / "s.json")
    with pytest.raises(InputError, match="cannot be written"):
        save_session(Experiment(clip=str(clip)), clip / "s.json")
