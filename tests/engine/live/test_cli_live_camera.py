"""`kinestate live` on cameras."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from camera_fakes import MjpegServer, number_of, write_video
from live_detector_fakes import Wooden
from typer.testing import CliRunner

from engine.cameras.video_at import VideoAt
from engine.cli import live_camera
from engine.cli.app import app
from engine.data.registry import open_motion
from engine.detector.library import installed
from engine.errors import InputError
from engine.experiment.session import save_session
from engine.experiment.settings import CameraSource, Experiment, ModelChoice

pytestmark = pytest.mark.slow

MODEL = "hummuss_small_anyrate_causal"


@pytest.fixture
def kinestate(tmp_path, monkeypatch):
    """The command line, whose detector is a wooden one."""
    monkeypatch.setattr(live_camera, "opening_of", lambda name: partial(Wooden, tmp_path))
    return lambda *args: CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


def test_every_picture_of_a_video_through_two_models(kinestate, tmp_path) -> None:
    write_video(tmp_path / "v.mp4", np.arange(20) / 50)
    done = kinestate(
        "live", "--feed", tmp_path / "v.mp4", "--exact", "--model", f"{MODEL},hummuss_small", "--json",
        tmp_path / "o.json", "--record", tmp_path / "r.jsonl",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "o.json").read_text())
    assert found["frames"] == 20 and found["found_share"] == 1 and found["people"] == 1
    assert set(found["dropped"].values()) == {0} and found["source_hz"] == pytest.approx(50, rel=0.01)
    assert set(found["latency_ms"]) == {"capture", "detect", "model", "total"}
    assert 0 < found["latency_ms"]["total"]["p50"] <= found["latency_ms"]["total"]["p95"]
    for model in found["models"]:
        assert np.array(model["positions"]).shape == (20, 17, 3) and model["look_ahead_ms"] == 0
        assert model["mpjpe_mm"] is None and model["bone_length_sd_mm"] > 0 and model["jitter_m_s3"] > 0
        assert (tmp_path / f"r-{model['name']}.jsonl").exists()
    assert "(estimated); 45° from top to bottom are assumed" in done.output.replace("\n", " ")
    assert found["camera"]["source"] == "estimated" and found["camera"]["fov_source"] == "assumed"
    # run again, it gives what was shown, in the room that was estimated; and not where it was changed
    recorded = tmp_path / "r-hummuss_small.jsonl"
    done = kinestate("check", "replay", recorded, "--json", tmp_path / "c.json")
    assert done.exit_code == 0 and "equal within 1e-05 m" in done.output, done.output
    assert json.loads((tmp_path / "c.json").read_text())["frames"] == 20
    lines = [json.loads(line) for line in recorded.read_text().splitlines()]
    assert lines[1]["camera"] is None and lines[1]["mount"]["pitch_deg"] is None
    lines[1]["mount"]["pitch_deg"] = 9.0
    (tmp_path / "changed.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = kinestate("check", "replay", tmp_path / "changed.jsonl")
    assert done.exit_code == 1 and "NOT equal" in done.output
    # the same file as a session's camera, frame by frame as `eval` runs it
    done = kinestate("eval", "--clip", tmp_path / "r-hummuss_small.jsonl", "--model", "hummuss_small", "--json",
                     tmp_path / "e.json")  # fmt: skip
    assert done.exit_code == 0, done.output


def test_a_flip_averaged_model_is_recorded_as_one(kinestate, tmp_path) -> None:
    write_video(tmp_path / "v.mp4", np.arange(20) / 50)
    recorded = tmp_path / "r.jsonl"
    options = ("--feed", tmp_path / "v.mp4", "--exact", "--model", MODEL, "--flip")
    done = kinestate("live", *options, "--record", recorded)
    assert done.exit_code == 0, done.output
    assert kinestate("check", "replay", recorded).exit_code == 0
    head, rest = recorded.read_text().split("\n", 1)
    recorded.write_text(json.dumps(json.loads(head) | {"flip": False}) + "\n" + rest)
    assert kinestate("check", "replay", recorded).exit_code == 1


def test_a_recording_shows_the_video_that_was_written_with_it(kinestate, tmp_path) -> None:
    """Each frame the picture in which it was seen: the wrist is as high as the picture's number."""
    server = MjpegServer()
    for folder in ("runs", "films"):
        (tmp_path / folder).mkdir()
    run, film = tmp_path / "runs" / "r.jsonl", tmp_path / "films" / "v.mkv"
    done = kinestate("live", "--feed", server.url, "--seconds", 1, "--model", MODEL, "--record", run,
                     "--record-video", film)  # fmt: skip
    server.stop()
    assert done.exit_code == 0, done.output
    clip = open_motion(run)
    footage = clip.provenance.footage
    assert footage is not None and footage.path.samefile(film) and len(clip) > 5
    video = VideoAt(footage.path)
    shown = [number_of(video.picture(footage.at(at))) for at in clip.times]
    video.close()
    assert shown == [round(high) for high in clip.xy[:, 13, 1]]
    given = open_motion(run, rate_hz=10.0).provenance.footage
    assert given.at(0.3) == pytest.approx(footage.at(clip.times[3]), abs=1e-12)

    film.rename(tmp_path / "elsewhere.mkv")
    there_no_more = open_motion(run).provenance
    assert there_no_more.footage is None and "Its video v.mkv is not where it was recorded to." in there_no_more.notes
    head, rest = run.read_text().split("\n", 1)
    for named in (str(tmp_path / "elsewhere.mkv"), "x" * 5000, "../elsewhere.mkv"):
        run.write_text(json.dumps(json.loads(head) | {"video": named}) + "\n" + rest)
        assert (open_motion(run).provenance.footage is None) == (named != "../elsewhere.mkv")
    run.write_text(json.dumps(json.loads(head) | {"video": 7}) + "\n" + rest)
    with pytest.raises(InputError, match="is no live recording"):
        open_motion(run)


def test_a_painted_clip_from_a_session(kinestate, tmp_path) -> None:
    source = CameraSource(where="synthetic:wave", size=(96, 72), hz=20.0, view="left")
    save_session(Experiment(source=source, models=(ModelChoice(name=MODEL),)), tmp_path / "s.json")
    done = kinestate("live", "--session", tmp_path / "s.json", "--seconds", 1, "--delta", 3, "--one-euro", "3,20",
                     "--noise", 1, "--json", tmp_path / "o.json")  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "o.json").read_text())
    assert found["source"] == "synthetic wave" and found["source_hz"] == pytest.approx(20, rel=0.01)
    assert found["models"][0]["mpjpe_mm"] > 0 and "45°" not in done.output


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--feed", "nowhere.mp4"), "nowhere.mp4: feed is not there; give a video file"),
        (("--feed", "ftp://camera/1"), "ftp://camera/1 is no camera; give a video file"),
        (("--feed", "synthetic:nobody"), "nobody"),
        (("--feed", "synthetic:walk", "--exact"), "A painted clip has no end; leave --exact away"),
        (("--feed", "http://127.0.0.1:9/", "--exact"), "goes on while it is looked at; --exact takes a video"),
        (("--feed", "synthetic:walk", "--port", 5), "--port is nothing to synthetic:walk; leave it away"),
        (("--people", 2), "--people is nothing to live; leave it away"),
        (("--feed", "synthetic:walk", "--delta", "x"), "--delta 'x' is not known"),
        (("--feed", "synthetic:walk", "--one-euro", "3"), "--one-euro '3' cannot be read; give CUTOFF_HZ,BETA"),
        (("--feed", "camera:None", "--model", MODEL), "There is no camera named 'None'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(kinestate, given, said) -> None:
    done = kinestate("live", "--model", MODEL, *given)
    assert done.exit_code == 2 and said in " ".join(done.stderr.split()), done.output


def test_a_camera_that_sends_nothing_is_given_up(kinestate) -> None:
    server = MjpegServer(silent=True)
    done = kinestate("live", "--model", MODEL, "--feed", server.url, "--wait", 0.5)
    server.stop()
    assert done.exit_code == 2 and "was looked at in 0.5 s. Check the camera." in " ".join(done.stderr.split())


def test_cameras_are_listed(kinestate, monkeypatch) -> None:
    from engine.live.feeds.cameras import webcam, webcam_modes

    monkeypatch.setattr(webcam, "webcams", lambda: [webcam.Webcam("Front", "/dev/video0", 0)])
    assert "camera:Front  (/dev/video0)" in kinestate("live", "--feed", "cameras").output
    monkeypatch.setattr(webcam_modes, "modes_of", lambda path: [webcam_modes.Mode("MJPG", (1280, 720), 30.0)])
    assert "camera:Front  (/dev/video0; 1280 × 720 at 30 Hz)" in kinestate("live", "--feed", "cameras").output
    monkeypatch.setattr(webcam, "webcams", lambda: [])
    assert "no webcam is plugged in" in kinestate("live", "--feed", "cameras").output


@pytest.mark.skipif("full" not in installed(), reason="the detector is not set up: kinestate detector setup")
def test_the_real_detector_finds_the_painted_person(tmp_path) -> None:
    done = CliRunner().invoke(app, ["live", "--feed", "synthetic:wave", "--model", MODEL, "--seconds", "3", "--json",
                                    str(tmp_path / "o.json")], catch_exceptions=False)  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(Path(tmp_path / "o.json").read_text())
    assert found["found_share"] > 0.95 and found["detector"] == "full" and found["models"][0]["mpjpe_mm"] < 100
