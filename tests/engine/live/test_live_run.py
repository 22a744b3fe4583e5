"""Live runs: sender, socket, model and tick, against the whole run of the same frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from live_fakes import alone, free_port, listens, sending, swaying, until

from engine.errors import InputError
from engine.kinds import as_joints
from engine.live.calibration import Calibration, about_vertical
from engine.live.feeds.fake import FakeSource
from engine.live.feeds.feed import Feed
from engine.live.feeds.osc import OscSource
from engine.live.recording import Recorder, read_recording, replay
from engine.live.run import LiveRun
from engine.live.tick import Tick
from engine.live.track import Track
from engine.live.truth import LiveTruth
from engine.metrics.catalogue import METRICS, measure, summarise
from engine.models.loading import load_model
from engine.motion.pose import BodyPose
from engine.motion.rotations import multiply
from engine.motion.skeleton import H36M_17, SMPL_24
from engine.observation.lost_trackers import bridged
from engine.observation.trackers import TrackerSignals
from engine.observation.trial import Context
from engine.stress.live import LiveLevels, LiveStresses

pytestmark = pytest.mark.slow

CONTEXT = Context(1.75, body="kinestate")
TOLERANCE_M = 1e-5
REPLAYED_M = 1e-6  # bit for bit where both threads split their sums alike, which torch decides for each thread


@pytest.fixture(scope="module")
def model():
    return load_model("ssd_poser_small_causal")


def positions(pose) -> np.ndarray:
    return as_joints(pose, SMPL_24).positions


def whole(model, signals: TrackerSignals, first: float = 1.0) -> np.ndarray:
    """Every frame at once, each with the time before it in periods."""
    rates = np.concatenate([[first], np.diff(signals.times) * model.card.rate_hz])
    return positions(model.forward(signals, rates, CONTEXT))


def joined(poses: list[BodyPose]) -> BodyPose:
    """Frames one after the other."""
    names = ("times", "rotations", "root")
    return replace(poses[0], **{name: np.concatenate([getattr(pose, name) for pose in poses]) for name in names})


def lived(run: LiveRun, ticks: list[Tick], count: int, seconds: float = 20.0) -> None:
    """Until so many frames were predicted or dropped; then stopped."""
    until(lambda: len(ticks) + run.tracks[0].dropped >= count or run.state == "failed", seconds)
    run.stop()
    assert run.error is None and run.state == "stopped"


@pytest.mark.parametrize("form", ["plain", "vmc"])
def test_from_the_sender_to_the_tick(model, form) -> None:
    """Two seconds at 60 Hz over loopback."""
    signals, ticks = swaying(120), []
    source = OscSource(0)
    run = alone(Feed(source), model, CONTEXT, on_tick=ticks.append)
    run.start()
    assert run.ready.wait(60) and run.state == "running"
    sending(signals, source.port, form).join(20)
    lived(run, ticks, 120)
    assert source.counts["malformed"] == source.counts["late"] == 0
    assert source.counts["missing"] == (0 if form == "plain" else None)
    assert (
        len(ticks) + run.tracks[0].dropped == 120 == run.feed.frames and run.tracks[0].latency.count == len(ticks) >= 3
    )
    kept = np.array([round(tick.time * 60) for tick in ticks])
    found = np.concatenate([positions(tick.prediction) for tick in ticks])
    assert np.abs(found - whole(model, signals.take(kept))).max() <= TOLERANCE_M
    if not run.tracks[0].dropped:
        assert np.abs(found - whole(model, signals)).max() <= TOLERANCE_M
    assert 0 < run.tracks[0].latency.p50_ms <= run.tracks[0].latency.p95_ms
    assert 0 < run.tracks[0].latency.per_second <= 65
    assert [tick.dropped for tick in ticks] == sorted(tick.dropped for tick in ticks)
    assert all(tick.lost == () for tick in ticks)
    assert not listens(source.port)


def test_a_recording_is_replayed(model, tmp_path) -> None:
    signals, ticks = swaying(40), []
    recorder = Recorder(tmp_path / "run.jsonl", model.card.name)
    run = alone(Feed(FakeSource(signals)), model, CONTEXT, recorder=recorder, on_tick=ticks.append)
    run.start()
    lived(run, ticks, 40)
    recording = read_recording(tmp_path / "run.jsonl")
    assert recording.model == model.card.name
    again = [positions(pose) for pose in replay(recording, model)]
    assert np.abs(np.concatenate(again) - np.concatenate([positions(t.prediction) for t in ticks])).max() <= REPLAYED_M
    (segment,) = recording.segments
    assert (segment.context, len(segment.signals)) == (CONTEXT, len(ticks))
    assert segment.latencies_ms == pytest.approx([1e3 * t.latency_s for t in ticks], abs=1e-3)
    with pytest.raises(InputError, match=r"run\.jsonl: file cannot be written; choose another name"):
        Recorder(tmp_path / "run.jsonl", "other")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_ends_the_recording_with_a_sentence(model, tmp_path) -> None:
    recorder, ticks = Recorder(tmp_path / "run.jsonl", model.card.name), []
    with Path("/dev/full").open("w", encoding="utf-8") as recorder._file:
        run = alone(Feed(FakeSource(swaying(10))), model, CONTEXT, recorder=recorder, on_tick=ticks.append)
        run.start()
        lived(run, ticks, 10)
        assert str(run.tracks[0].recording_lost) == "run.jsonl: file takes no more; make room."


def test_a_recording_with_look_ahead_is_replayed(tmp_path) -> None:
    """The window sees frames after the one that it answers, also those that nothing answered."""
    both, ahead, ticks = load_model("ssd_poser_small"), 3, []
    signals = swaying(14)
    recorder = Recorder(tmp_path / "run.jsonl", both.card.name, ahead)
    run = alone(Feed(FakeSource(signals, speed=0.1)), both, CONTEXT, look_ahead=ahead, recorder=recorder,
                on_tick=ticks.append)  # fmt: skip
    run.start()
    until(lambda: run.feed.state == "stopped" and len(ticks) + run.tracks[0].dropped >= 14 - ahead, 60)
    run.stop()
    recording = read_recording(tmp_path / "run.jsonl")
    (segment,) = recording.segments
    assert recording.look_ahead == ahead and len(segment.signals) == len(ticks) + ahead
    assert np.isnan(segment.latencies_ms[-ahead:]).all() and np.isfinite(segment.latencies_ms[:-ahead]).all()
    assert [tick.time for tick in ticks] == list(segment.signals.times[:-ahead])
    found = np.concatenate([positions(tick.prediction) for tick in ticks])
    again = np.concatenate([positions(pose) for pose in replay(recording, both)])
    assert np.abs(again - found).max() <= REPLAYED_M
    for k, tick in enumerate(ticks):
        seen = segment.signals.take(slice(0, k + ahead + 1))
        assert np.abs(positions(tick.prediction) - whole(both, seen)[k]).max() <= TOLERANCE_M
        assert tick.look_ahead_s == pytest.approx(seen.times[-1] - seen.times[k])
        assert tick.latency_s > tick.look_ahead_s / 0.1 * 0.9  # at a tenth of the speed


def test_several_models_on_one_feed(model, tmp_path) -> None:
    """A slow one does not hold up the others, and all see the same noise."""
    both = load_model("ssd_poser_small")
    signals, ticks = swaying(60), {"causal": [], "both": []}
    tracks = [Track(model, on_tick=ticks["causal"].append), Track(both, look_ahead=2, on_tick=ticks["both"].append)]
    stresses = LiveStresses(LiveLevels({"tracker_noise_mm": 20.0}))
    run = LiveRun(Feed(FakeSource(signals, speed=0.5)), tracks, CONTEXT, stresses=stresses)
    run.start()
    until(lambda: run.feed.state == "stopped" and ticks["causal"] and ticks["both"])
    until(lambda: all(t.latency.count + t.dropped + t.look_ahead >= 60 for t in run.tracks))
    run.stop()
    assert run.state == "stopped" and run.error is None
    again = LiveStresses(LiveLevels({"tracker_noise_mm": 20.0}))
    noisy = [again.push(signals.take(slice(k, k + 1))) for k in range(60)]
    for tick in (*ticks["causal"], *ticks["both"]):
        assert np.array_equal(tick.observation.positions, noisy[round(tick.time * 60)].positions)
    clean = signals.take(np.array([round(tick.time * 60) for tick in ticks["causal"]]))
    kept = np.concatenate([tick.observation.positions for tick in ticks["causal"]])
    turned = np.concatenate([tick.observation.rotations for tick in ticks["causal"]])
    given = replace(clean, positions=kept, rotations=turned)
    found = np.concatenate([positions(tick.prediction) for tick in ticks["causal"]])
    assert np.abs(found - whole(model, given)).max() <= TOLERANCE_M


def test_stresses_are_changed_while_it_runs(model) -> None:
    """A lower rate from the middle on: the model is told the time that passed."""
    signals, ticks = swaying(90), []
    run = alone(Feed(FakeSource(signals, speed=0.5)), model, CONTEXT, on_tick=ticks.append)
    run.start()
    until(lambda: len(ticks) >= 3)
    run.stresses.chosen = LiveLevels({"lost_hands": 1.0}, subsample=4)
    until(lambda: run.feed.state == "stopped" and ticks[-1].time >= signals.times[-5])
    run.stop()
    rates = np.array([tick.rate for tick in ticks[1:]])
    assert rates == pytest.approx(np.diff([tick.time for tick in ticks]) * 60)
    assert ticks[0].lost == () and ticks[-1].lost == ("left hand", "right hand")
    assert rates[-1] > 3.9 and run.stresses.dropped > 20


def test_a_causal_model_has_no_look_ahead(model) -> None:
    with pytest.raises(InputError, match="is causal: later frames change nothing; set its look-ahead to 0"):
        Track(model, look_ahead=1)


def test_a_model_that_fails_ends_the_run_with_its_error(model) -> None:
    def broken(tick: Tick) -> None:
        raise ZeroDivisionError

    run = alone(Feed(FakeSource(swaying(30))), model, CONTEXT, on_tick=broken)
    run.start()
    until(lambda: run.state == "failed")
    assert isinstance(run.error, ZeroDivisionError)
    until(lambda: run.feed.state == "stopped")


def test_recordings_that_were_cut_off_or_are_none(tmp_path) -> None:
    path = tmp_path / "run.jsonl"
    recorder = Recorder(path, "any")
    recorder.begin(CONTEXT, swaying(1))
    for k in range(3):
        seen = swaying(3).take(slice(k, k + 1))
        recorder.tick(Tick(float(seen.times[0]), seen, 1.0, None, 0.01, 0))
    text = path.read_text()  # flushed, though it was not closed
    recorder.close()
    path.write_text(text[:-20])
    assert len(read_recording(path).segments[0].signals) == 2
    for wrong in ("", "[]\n", "{}\n", text.replace('"kinestate_live": 1', '"kinestate_live": 2'),
                  text.replace('"rate": 1.0', '"rate": "x"'), text.replace('"t": 0.0,', '"t": 9.0,'),
                  text.replace('"valid": [true', '"valid": [[]'), "\ufffe"):  # fmt: skip
        path.write_text(wrong)
        with pytest.raises(InputError, match=r"run\.jsonl: content is no live recording"):
            read_recording(path)


def test_a_lost_hand_is_shown_and_bridged(model) -> None:
    signals, ticks = swaying(60), []
    valid = signals.valid.copy()
    valid[20:40, 2] = False
    signals = replace(signals, valid=valid)
    run = alone(Feed(FakeSource(signals)), model, CONTEXT, on_tick=ticks.append)
    run.start()
    lived(run, ticks, 60)
    kept = np.array([round(tick.time * 60) for tick in ticks])
    assert [tick.lost for tick in ticks] == [("right hand",) if 20 <= k < 40 else () for k in kept]
    found = np.concatenate([positions(tick.prediction) for tick in ticks])
    assert np.abs(found - whole(model, bridged(signals.take(kept)))).max() <= TOLERANCE_M


def test_nobody_is_there_before_the_head_is(model) -> None:
    signals, ticks = swaying(30), []
    valid = signals.valid.copy()
    valid[:15, 0] = False
    run = alone(Feed(FakeSource(replace(signals, valid=valid))), model, CONTEXT, on_tick=ticks.append)
    run.start()
    until(lambda: run.feed.state == "stopped" and ticks and ticks[-1].time == signals.times[-1])
    run.stop()
    assert ticks[0].time >= signals.times[15] and ticks[0].rate == 1.0


def test_the_latest_window_of_a_model_without_a_step() -> None:
    model, signals, ticks = load_model("ssd_poser_small"), swaying(12), []
    run = alone(Feed(FakeSource(signals, speed=0.1)), model, CONTEXT, on_tick=ticks.append)
    run.start()
    lived(run, ticks, 12, 60.0)
    last = signals.take(np.array([round(tick.time * 60) for tick in ticks]))
    assert np.abs(positions(ticks[-1].prediction) - whole(model, last)[-1]).max() <= TOLERANCE_M


def test_a_calibration_begins_anew(model, tmp_path) -> None:
    upright = swaying(200)
    still = replace(
        upright,
        positions=np.broadcast_to(upright.positions[0], upright.positions.shape).copy(),
        rotations=np.tile([1.0, 0, 0, 0], (200, 3, 1)),
    )
    ticks, recorder = [], Recorder(tmp_path / "run.jsonl", model.card.name)
    run = alone(Feed(FakeSource(still)), model, CONTEXT, recorder=recorder, on_tick=ticks.append)
    with pytest.raises(InputError, match="No tracker was heard of yet"):
        run.calibrate()
    run.start()
    until(lambda: len(ticks) >= 3)
    found = run.calibrate()
    until(lambda: run.context.height_m == found.height_m)
    lived(run, ticks, 200)
    before, after = read_recording(tmp_path / "run.jsonl").segments
    assert (before.context.height_m, after.context.height_m) == (1.75, found.height_m)
    assert after.rates[0] == 1.0
    assert np.abs(after.signals.positions[:, 0, :2]).max() < 1e-9  # the head above the origin
    again = np.concatenate([positions(p) for p in replay(read_recording(tmp_path / "run.jsonl"), model)])
    assert np.abs(again - np.concatenate([positions(tick.prediction) for tick in ticks])).max() <= REPLAYED_M


def test_a_feed_with_known_truth_gives_figures(model) -> None:
    """The same as of the whole clip: joints and body."""
    signals, ticks = swaying(20), []
    poses = model.forward(signals, 1.0, CONTEXT)
    assert isinstance(poses, BodyPose)
    shifted = LiveTruth.of(replace(poses, rotations=np.roll(poses.rotations, 3, 0)))
    source = FakeSource(signals, shifted, speed=0.1)
    run = alone(Feed(source), model, CONTEXT, on_tick=ticks.append, metrics=METRICS)
    run.start()
    lived(run, ticks, 20)
    kept = np.array([round(tick.time * 60) for tick in ticks])
    predicted, truth = joined([tick.prediction for tick in ticks]), shifted.take(kept)
    whole = measure(as_joints(predicted, H36M_17), truth.joints) | measure(predicted, truth.body)
    for key, mean in summarise(whole).items():
        assert run.tracks[0].scores.means()[key] == pytest.approx(mean, rel=1e-4, abs=1e-5, nan_ok=True), key
    assert run.tracks[0].scores.means()["mpjpe_mm"] > 1 and ticks[-1].figures["mpve_mm"] > 1
    assert np.isnan(ticks[2].figures["jitter_m_s3"]) and np.isfinite(ticks[3].figures["jitter_m_s3"])


def test_without_a_truth_there_is_jitter(model) -> None:
    ticks = []
    run = alone(Feed(FakeSource(swaying(12), speed=0.2)), model, CONTEXT, on_tick=ticks.append)
    run.start()
    lived(run, ticks, 12)
    predicted = joined([tick.prediction for tick in ticks])
    jitter = measure(as_joints(predicted, H36M_17), None)["jitter_m_s3"]
    found = [tick.figures["jitter_m_s3"] for tick in ticks]
    assert found == pytest.approx(jitter.per_frame(), rel=1e-4, nan_ok=True)
    assert np.isnan(run.tracks[0].scores.means()["mpjpe_mm"])


def test_the_truth_moves_with_the_calibration(model) -> None:
    """A person calibrated at a place and heading of the devices' world: errors are those about the person."""
    signals, ticks = swaying(20), []
    truth = LiveTruth.of(model.forward(signals, 1.0, CONTEXT))
    calibration = Calibration(1.75, 0.2, np.array([1.0, -2.0]), 0.7, np.tile([1.0, 0, 0, 0], (3, 1)), np.zeros((3, 3)))
    turn, shift = calibration.to_person
    elsewhere = replace(
        signals,
        positions=(signals.positions - shift) @ turn,
        rotations=multiply(np.broadcast_to(about_vertical(0.7), signals.rotations.shape), signals.rotations),
    )
    source = FakeSource(elsewhere, truth.in_world(turn.T, -turn.T @ shift), speed=0.1)
    run = alone(Feed(source), model, CONTEXT, calibration=calibration, on_tick=ticks.append)
    run.start()
    lived(run, ticks, 20)
    if not run.tracks[0].dropped:
        assert run.tracks[0].scores.means()["mpjpe_mm"] < 0.01


def test_what_cannot_run_says_why(model, tmp_path) -> None:
    with pytest.raises(InputError, match="observes keypoints"):
        alone(Feed(FakeSource(swaying(2))), load_model("hummuss_small_causal"), CONTEXT)
    taken = OscSource(free_port())
    taken.open()
    recorder = Recorder(tmp_path / "run.jsonl", model.card.name)
    run = alone(Feed(OscSource(taken.port)), model, CONTEXT, recorder=recorder)
    run.start()
    assert run.ready.wait(60)
    until(lambda: run.state == "failed")
    assert "is in use" in str(run.error) and not (tmp_path / "run.jsonl").exists()
    run.stop()
    taken.close()
