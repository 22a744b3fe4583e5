"""`kinestate live` and `send-trackers` against each other, and against the whole run of the clip."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from live_fakes import free_port, sending, swaying
from typer.testing import CliRunner

from engine.cli.app import app
from engine.cli.live import trackers_of
from engine.experiment.prepared import prepare, recording_of
from engine.experiment.rate import RatePolicy
from engine.experiment.run import run
from engine.experiment.session import save_session
from engine.experiment.settings import Experiment, FileSource, LiveSource, ModelChoice
from engine.kinds import as_joints
from engine.live.calibration import height_of
from engine.live.feeds.feed import Feed
from engine.live.feeds.osc import OscSource
from engine.live.recording import read_recording
from engine.models.loading import load_model
from engine.motion.skeleton import SMPL_24

pytestmark = pytest.mark.slow

MODEL, CLIP = "ssd_poser_small_causal", "builtin:walk"
FRAMES = 90


def kinestate(*args):
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


def test_live_equals_eval(tmp_path) -> None:
    experiment = Experiment(source=FileSource(path=CLIP, frames=(0, FRAMES)))
    prepared, model = prepare(experiment, recording_of(experiment)), load_model(MODEL)
    observed, rate = prepared.given(model.card, RatePolicy())
    whole = as_joints(model.forward(observed, rate, prepared.context), SMPL_24).positions
    port = free_port()
    sending(trackers_of({"clip": CLIP}).take(slice(0, FRAMES)), port, speed=0.5)
    done = kinestate(
        "live", "--model", MODEL, "--port", port, "--height", prepared.context.height_m, "--seconds", 4,
        "--json", tmp_path / "o.json", "--record", tmp_path / "r.jsonl", "--truth", CLIP,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "o.json").read_text())
    assert found["missing"] == found["left_out"] == 0
    (found,) = found["models"]
    assert found["predictions"] + found["dropped"] == FRAMES and found["look_ahead_ms"] == 0
    assert 0 < found["latency_p50_ms"] <= found["latency_p95_ms"] and found["per_second"] > 10
    if found["dropped"] == 0:
        assert np.abs(np.array(found["positions"]) - whole).max() <= 1e-5
        result = run(experiment.model_copy(update={"models": (ModelChoice(name=MODEL),)})).models[0]
        for key in ("mpjpe_mm", "pa_mpjpe_mm", "jitter_m_s3", "mpjre_deg"):
            assert found["metrics"][key] == pytest.approx(result.summary[key], rel=1e-3), key
    assert found["metrics"]["mpjpe_mm"] > 0 and "MPJPE" in done.output
    assert len((tmp_path / "r.jsonl").read_text().splitlines()) == 2 + found["predictions"]


def test_seen_hands_are_where_the_trackers_were(tmp_path) -> None:
    signals, off = swaying(60), []
    for options in ((), ("--seen-hands",)):
        port = free_port()
        sending(signals, port, speed=0.5)
        done = kinestate(
            "live", "--model", MODEL, "--port", port, "--seconds", 3, "--json", tmp_path / "o.json",
            "--record", tmp_path / f"{len(off)}.jsonl", *options,
        )  # fmt: skip
        assert done.exit_code == 0, done.output
        (found,) = json.loads((tmp_path / "o.json").read_text())["models"]
        wrists = np.array(found["positions"])[:, [SMPL_24.index("left wrist"), SMPL_24.index("right wrist")]]
        seen = signals.at(np.array(found["times"])).positions[:, 1:]
        off.append(np.linalg.norm(wrists - seen, axis=-1).mean())
        assert read_recording(tmp_path / f"{len(off) - 1}.jsonl").model == MODEL
    assert off[1] < 0.5 * off[0]


def test_several_models_under_stress(tmp_path) -> None:
    """One looks both ways, 100 ms ahead; every second frame is left out."""
    port, both = free_port(), "ssd_poser_small"
    sending(swaying(120), port)
    done = kinestate(
        "live", "--model", f"{MODEL},{both}", "--look-ahead", 100, "--subsample", 2, "--tracker-noise", 5,
        "--port", port, "--seconds", 3, "--json", tmp_path / "o.json", "--record", tmp_path / "r.jsonl",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "o.json").read_text())
    assert (found["frames"], found["left_out"]) == (120, 60)
    causal, windowed = found["models"]
    assert (causal["name"], windowed["name"]) == (MODEL, both)
    assert (causal["look_ahead_frames"], windowed["look_ahead_frames"]) == (0, 6)
    assert windowed["look_ahead_ms"] >= 6 * 2000 / 60 - 1 and causal["look_ahead_ms"] == 0
    assert windowed["latency_p50_ms"] > 6 * 2000 / 60 - 1
    assert f"{both}: " in done.output and f"look-ahead {windowed['look_ahead_ms']:.0f} ms" in done.output
    assert (tmp_path / f"r-{MODEL}.jsonl").exists() and (tmp_path / f"r-{both}.jsonl").exists()


@pytest.mark.parametrize("form", ["vmc", "plain"])
def test_a_clip_is_sent(form) -> None:
    source = OscSource(0)
    feed = Feed(source)
    feed.start()
    taken = []
    stop = threading.Event()

    def consume() -> None:
        while not stop.is_set():
            frame = feed.slot.take(0.05)
            if frame is not None:
                taken.append(frame)

    consumer = threading.Thread(target=consume)
    consumer.start()
    done = kinestate("send-trackers", "--clip", CLIP, "--port", source.port, "--rate", 30, "--seconds", 1,
                     "--form", form)  # fmt: skip
    stop.set()
    consumer.join()
    feed.stop()
    assert done.exit_code == 0 and feed.frames == 30
    signals = trackers_of({"clip": CLIP}, 30.0)
    for frame in taken:
        k = round(frame.time * 30)
        assert np.abs(frame.observation.positions[0] - signals.positions[k]).max() < 1e-5


def test_calibrating_from_the_command_line(tmp_path) -> None:
    still = swaying(200)
    still.positions[:] = still.positions[0]
    still.rotations[:] = [1.0, 0.0, 0.0, 0.0]
    port = free_port()
    sending(still, port)
    done = kinestate("live", "--model", MODEL, "--port", port, "--seconds", 2, "--calibrate", 0.5, "--worn", "joint",
                     "--json", tmp_path / "o.json")  # fmt: skip
    height = json.loads((tmp_path / "o.json").read_text())["height_m"]
    assert done.exit_code == 0 and f"calibrated: {height:.2f} m tall" in done.output
    assert height == pytest.approx(height_of(float(still.positions[0, 0, 2])))


def test_nobody_sends() -> None:
    done = kinestate("live", "--model", MODEL, "--port", free_port(), "--wait", 0.2)
    assert done.exit_code == 2 and "No headset was heard of" in done.stderr


def test_a_model_of_keypoints_is_refused() -> None:
    done = kinestate("live", "--model", "hummuss_small", "--port", free_port())
    assert done.exit_code == 2 and "observes keypoints" in done.stderr


def test_a_session_that_was_saved_live(tmp_path) -> None:
    port, session = free_port(), tmp_path / "s.json"
    live = LiveSource(port=port)
    save_session(Experiment(source=live, models=(ModelChoice(name=MODEL),), height_m=1.9), session)
    sending(swaying(60), port)
    done = kinestate("live", "--session", session, "--seconds", 1.5, "--subsample", 2, "--json", tmp_path / "o.json")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "o.json").read_text())
    assert (found["height_m"], found["models"][0]["name"]) == (1.9, MODEL) and found["left_out"] > 0
    refused = kinestate("eval", "--session", session)
    assert refused.exit_code == 2 and "kinestate live --session" in " ".join(refused.stderr.split())
    save_session(Experiment(), session)
    refused = kinestate("live", "--session", session, "--model", MODEL)
    assert refused.exit_code == 2 and "is about builtin:walk" in " ".join(refused.stderr.split())
