"""Sessions: JSON round trip, relative paths, fingerprints, bad files."""

import json

import pytest
from fake_lifters import swaying

from engine.errors import InputError
from engine.experiment.rate import RatePolicy
from engine.experiment.session import changes_since_saved, load_session, save_session
from engine.experiment.settings import (
    CameraSettings,
    CameraSource,
    Experiment,
    FileSource,
    InputSettings,
    LiveSource,
    ModelChoice,
    Overrides,
    Viewpoint,
)
from engine.observation.observe import observe

LEVELS = {"noise_px": 2.5, "mask": 0.15, "limbs": 0.3, "bar": 0.1, "drop": 0.2, "clock_jitter": 0.4}


def on(path):
    return Experiment(source=FileSource(path=str(path)))


def full(clip):
    overrides = Overrides(rate_hz=59.94, unit="cm", up="Y")
    return Experiment(
        source=FileSource(path=str(clip), select="P1", overrides=overrides, frames=(10, 90)),
        viewpoint=Viewpoint(camera=CameraSettings.of(observe(swaying(5), "left").observation.camera)),
        input=InputSettings(subsample=4, levels=LEVELS, options={"bar_direction": "level"}, seed=7),
        rate=RatePolicy(mode="resample", factor=0.25),
        models=(
            ModelChoice(name="hummuss_small"),
            ModelChoice(name="hummuss_small_causal", rate=RatePolicy(mode="nominal")),
        ),
        height_m=1.8,
    )


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "walk.bvh"
    path.write_text("any content")
    return path


def test_the_login_of_a_camera_is_not_written(tmp_path):
    experiment = Experiment(source=CameraSource(where="rtsp://me:secr@et@camera:554/stream?channel=1&password=secret"))
    save_session(experiment, tmp_path / "s.json")
    assert "secr" not in (tmp_path / "s.json").read_text()
    assert load_session(tmp_path / "s.json").experiment.camera.where == "rtsp://camera:554/stream?channel=1&password="
    assert experiment.camera.where.startswith("rtsp://me:secr@et@")  # the one that runs keeps it


def test_round_trip_keeps_everything(tmp_path, clip):
    experiment, view = full(clip), {"bookmarks": [3, 14], "theme": "dark"}
    saved = save_session(experiment, tmp_path / "s.json", view)
    loaded = load_session(tmp_path / "s.json")
    assert loaded.experiment == experiment and loaded.view == view
    assert loaded.stamps == saved.stamps
    assert len(loaded.stamps.source_sha256) == 64
    assert set(loaded.stamps.weights_sha256) == {"hummuss_small", "hummuss_small_causal"}
    assert not changes_since_saved(loaded)


def test_sessions_from_before_the_newer_stresses_load(tmp_path):
    path = tmp_path / "old.json"
    path.write_text('{"clip": "builtin:walk", "input": {"subsample": 2, "mask": 0.1}, "delta": {"mode": "auto"}}')
    assert load_session(path).experiment.input == InputSettings(subsample=2, levels={"mask": 0.1})


def test_a_session_moves_with_its_folder(tmp_path, clip):
    save_session(on(clip), tmp_path / "s.json")
    assert json.loads((tmp_path / "s.json").read_text())["experiment"]["source"]["path"] == "walk.bvh"
    moved = tmp_path.rename(tmp_path.with_name("elsewhere"))
    assert load_session(moved / "s.json").experiment.source.path == str(moved / "walk.bvh")


def test_a_clip_elsewhere_keeps_its_whole_path(tmp_path, clip):
    (tmp_path / "sessions").mkdir()
    save_session(on(clip), tmp_path / "sessions" / "s.json")
    assert load_session(tmp_path / "sessions" / "s.json").experiment.source.path == str(clip)


def test_changed_files_are_reported(tmp_path, clip):
    save_session(on(clip), tmp_path / "s.json")
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
        ('{"input": {"noise_px": NaN}}', "input.levels.noise_px"),
        ('{"colour": "red"}', "colour"),
        ('{"models": 3}', "content"),
        ('{"delta": [1]}', "experiment.rate"),
        ('{"experiment": {"input": {"levels": {"mask": 2}}}}', "experiment.input"),
        ('{"experiment": {"input": {"levels": {"fog": 0.2}}}}', "fog"),
        ('{"version": 3}', "version"),
        ('{"delta": {"mode": "factor", "factor": -1}}', "rate.factor"),
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
        save_session(on(clip), clip / "s.json")


@pytest.mark.parametrize(
    ("delta", "resample", "own", "policy", "own_policy"),
    [
        ({}, False, {}, RatePolicy(), None),
        ({"mode": "factor", "factor": 2.0}, False, {}, RatePolicy(mode="factor", factor=2.0), None),
        ({"mode": "trained"}, True, {}, RatePolicy(mode="resample"), None),
        ({"mode": "factor", "factor": 2.0}, True, {}, RatePolicy(mode="resample", factor=2.0), None),
        ({}, False, {"resample": True}, RatePolicy(), RatePolicy(mode="resample")),
        ({"mode": "trained"}, True, {"resample": False}, RatePolicy(mode="resample"), RatePolicy(mode="trained")),
        ({}, True, {"delta": {"mode": "nominal"}}, RatePolicy(mode="resample"), RatePolicy(mode="resample")),
    ],
)
def test_version_1_said_in_two_places_what_a_policy_says_in_one(tmp_path, delta, resample, own, policy, own_policy):
    path = tmp_path / "old.json"
    old = {"clip": "builtin:walk", "input": {"resample": resample}, "delta": delta, "version": 1}
    path.write_text(json.dumps(old | {"models": [{"name": "hummuss_small"} | own], "kinestate": "0.1.0"}))
    session = load_session(path)
    assert session.experiment.rate == policy and session.experiment.models[0].rate == own_policy
    assert session.stamps.kinestate == "0.1.0" and session.experiment.source.path == "builtin:walk"


LIVE = Experiment(
    source=LiveSource(port=4000, left="a", look_ahead_ms=100),
    input=InputSettings(levels={"drop": 0.2}),
    models=(ModelChoice(name="ssd_poser_small"),),
)


def test_a_live_session_round_trip(tmp_path):
    saved = save_session(LIVE, tmp_path / "s.json")
    loaded = load_session(tmp_path / "s.json")
    assert loaded.experiment == LIVE == saved.experiment and loaded.stamps.source_sha256 == ""
    assert not changes_since_saved(loaded)
    assert loaded.experiment.live.where == "127.0.0.1:4000"
    with pytest.raises(InputError, match=r"live, on 127\.0\.0\.1:4000, and has no recording"):
        loaded.experiment.file  # noqa: B018
    with pytest.raises(InputError, match="about builtin:walk, a recording"):
        Experiment().live  # noqa: B018


def test_sources_of_other_kinds_are_named(tmp_path):
    path = tmp_path / "s.json"
    path.write_text('{"experiment": {"source": {"kind": "radio"}}}')
    with pytest.raises(InputError, match=r"experiment\.source is not valid \(choose file, live or camera\)"):
        load_session(path)
    path.write_text('{"experiment": {"source": {"kind": "live", "port": 0}}}')
    with pytest.raises(InputError, match=r"source\.live\.port is not valid"):
        load_session(path)
    path.write_text('{"experiment": {"source": {"path": "builtin:walk"}}}')
    assert load_session(path).experiment.file.path == "builtin:walk"
