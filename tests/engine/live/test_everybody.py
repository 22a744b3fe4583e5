"""Several people followed at once: each has what they would have alone, and their recording gives what was shown."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_detector_fakes import person
from live_fakes import until
from people_fakes import SIZE, Known, Numbered, camera, crossing, only

from engine.data.registry import expand
from engine.detector.follow_person import LOST_S
from engine.errors import InputError
from engine.live.camera_feed import CameraFeed
from engine.live.delta import LiveDelta
from engine.live.feeds.cameras.played import PlayedSource
from engine.live.frame import PictureFrame
from engine.live.observer import Observer
from engine.live.recording import Recorder, read_recording, replay
from engine.live.replay_check import check_replay
from engine.live.run import LiveRun
from engine.live.scores import LiveScores, PersonFigures, mean_figures
from engine.live.tick import Tick
from engine.live.track import Track
from engine.live.truth import LiveTruth
from engine.models.loading import load_model
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.observation.trial import Context
from engine.stress.live import LiveLevels, LiveStresses

pytestmark = pytest.mark.slow

SAME_M = 1e-5
HZ = 20.0
TIMES = np.arange(100) / HZ
XY = crossing(TIMES)
LEVELS = LiveLevels({"noise_px": 4.0, "drop": 0.2}, subsample=2)


def there(gap: tuple[float, float]) -> np.ndarray:
    """(T, 2): the first is always there, the second not between two times."""
    away = np.array([gap[0] <= at < gap[1] for at in TIMES])
    return np.stack([np.ones(len(TIMES), bool), ~away], 1)


@pytest.fixture(scope="module")
def model():
    return load_model("hummuss_small_causal")


def run(
    model: Any, detector: Known, each: bool, known: bool = False, levels: LiveLevels | None = None,
    frames: int = len(TIMES), **given: Any,
) -> tuple[list[Tick], LiveRun]:  # fmt: skip
    """Every picture through a model, none dropped; seen by a camera that is known, or not."""
    source, ticks = PlayedSource(Numbered(TIMES[:frames]), np.inf), []
    observer = Observer("seen", camera() if known else None, each=each)
    feed = CameraFeed(source, detector, observer, people=len(detector.there[0]), exact=True)
    context = Context(1.75, body="kinestate")
    track = Track(model, on_tick=ticks.append, **given)
    live = LiveRun(feed, [track], context, exact=True, stresses=LiveStresses(levels))
    live.start()
    until(lambda: live.over or live.state == "failed", 120)
    live.stop()
    assert live.error is None, live.error
    return ticks, live


def by_person(ticks: list[Tick]) -> dict[int | None, list[Tick]]:
    found: dict[int | None, list[Tick]] = defaultdict(list)
    for tick in ticks:
        found[tick.person].append(tick)
    return found


def shown(ticks: list[Tick]) -> np.ndarray:
    return np.concatenate([tick.prediction.positions for tick in ticks])


def in_camera(ticks: list[Tick]) -> np.ndarray:
    """About the pelvis, in the axes of the camera as it was found to stand."""
    about = shown(ticks) - shown(ticks)[:, :1]
    return np.stack([pose @ tick.camera.rotation.T for pose, tick in zip(about, ticks, strict=True)])


def frame(time: float, size: tuple[int, int] = SIZE, truth: Any = None) -> PictureFrame:
    return PictureFrame(time, 0.0, np.zeros((size[1], size[0], 3), np.uint8), round(time * HZ), truth)


# -- from detections to frames --------------------------------------------------------------------------------


def test_each_has_an_id_that_stays_whoever_the_detector_names_first() -> None:
    """They cross: the middles of the two come near to each other and go apart again."""
    observer = Observer("seen", each=True)
    off = np.linalg.norm(np.diff(XY.mean(2), axis=1)[:, 0], axis=-1)
    assert off.min() < 60 < off[0] and off[-1] > 60
    first = {}
    for k, at in enumerate(TIMES):
        people = [person(XY[k, n]) for n in (0, 1)][:: -1 if k % 2 else 1]
        found, frames = observer.look(frame(at), people, H36M_17, 0.0, 0.1)
        assert [live.person for live in frames] == [1, 2] == sorted(found.ids)
        first = first or {live.person: int(np.argmin([np.abs(live.observation.xy[0] - xy).max() for xy in XY[k]]))
                          for live in frames}  # fmt: skip
        for live in frames:
            assert np.array_equal(live.observation.xy[0], XY[k, first[live.person]]), at
            assert live.found is found and live.time == at
        assert {live.stream for live in frames} == {1, 2}
    assert observer.found == observer.frames == len(TIMES)


def test_sides_are_put_back_of_the_one_who_was_exchanged() -> None:
    observer = Observer("seen", each=True)
    for k in range(8):
        wrong = XY[k, 0][H36M_17.mirror] if k in (4, 5) else XY[k, 0]
        found, frames = observer.look(frame(k / HZ), [person(wrong), person(XY[k, 1])], H36M_17, 0.0, 0.1)
        assert np.array_equal(frames[0].observation.xy[0], XY[k, 0])
        assert np.array_equal(frames[1].observation.xy[0], XY[k, 1])
        assert set(found.swapped) == ({"arms", "legs"} if k in (4, 5) and found.chosen == 1 else set())
    assert observer.put_back == 2


def test_each_is_smoothed_as_alone() -> None:
    both, alone = Observer("seen", each=True, smooth=(1.0, 0.0)), Observer("seen", smooth=(1.0, 0.0))
    for k in range(12):
        people = [person(XY[k, 0]), person(XY[k, 1])]
        _, frames = both.look(frame(k / HZ), people if k % 3 else people[1:], H36M_17, 0.0, 0.1)
        (second,) = [live for live in frames if np.abs(live.observation.xy[0] - XY[k, 1]).max() < 60]
        _, live = alone.push(frame(k / HZ), people[1:], H36M_17, 0.0, 0.1)
        assert np.array_equal(second.observation.xy, live.observation.xy)
    assert not np.array_equal(live.observation.xy[0], XY[11, 1])


@pytest.mark.parametrize("away", [LOST_S - 0.3, LOST_S + 0.3])
def test_whoever_is_gone_too_long_comes_back_as_another(away: float) -> None:
    observer, ids = Observer("seen", each=True), []
    for at in np.arange(0, 0.21 + away, 0.05):
        people = [person(XY[0, 0])] + [person(XY[0, 1])] * (not 0.09 < at < 0.11 + away)
        found, frames = observer.look(frame(at), people, H36M_17, 0.0, 0.1)
        ids.append([live.person for live in frames])
        assert found.known >= set(ids[-1])
    assert ids[:2] == [[1, 2]] * 2 and ids[2:-2] == [[1]] * (len(ids) - 4)
    assert ids[-2:] == [[1, 2] if away < LOST_S else [1, 3]] * 2 and found.known == set(ids[-1])


def test_the_chosen_one_has_the_truth_and_a_click_begins_no_stream() -> None:
    observer, truth = Observer("seen", each=True), object()
    people = [person(XY[0, 0]), person(XY[0, 1])]
    found, frames = observer.look(frame(0.0, truth=truth), people, H36M_17, 0.0, 0.1)
    before = found.chosen
    observer.follow.choose(*XY[0, 2 - before].mean(0))
    found, again = observer.look(frame(0.05, truth=truth), people, H36M_17, 0.0, 0.1)
    assert found.chosen == 3 - before and [one.stream for one in again] == [one.stream for one in frames]
    assert [one.truth is truth for one in again] == [one.person == found.chosen for one in again]
    _, other = observer.look(frame(0.1, (320, 240)), people, H36M_17, 0.0, 0.1)
    assert not {one.stream for one in other} & {one.stream for one in again}


# -- through a model ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [None, LEVELS])
@pytest.mark.parametrize("known", [True, False])
def test_each_is_predicted_as_alone(model, known: bool, levels: LiveLevels | None) -> None:
    """The second is away for 0.6 s, then for 1.6 s: a gap, and somebody new, whose stresses begin anew.

    Where the camera is not known, its vertical is everybody's; what is seen by it is still as alone.
    """
    away = there((1.5, 2.1)) & there((2.6, 4.2))
    people = by_person(run(model, Known(XY, away), True, known, levels)[0])
    assert people.keys() == {1, 2, 3}
    second = people[2] + ([] if levels else people[3])
    for which, ticks in ((0, people[1]), (1, second)):
        alone = run(model, only(XY, away, [which]), False, known, levels)[0][: len(ticks)]
        assert [tick.time for tick in ticks] == [tick.time for tick in alone] and len(ticks) >= 15
        assert [tick.rate for tick in ticks] == [tick.rate for tick in alone]
        if known:
            assert np.abs(shown(ticks) - shown(alone)).max() < SAME_M
        else:
            assert np.abs(in_camera(ticks) - in_camera(alone)).max() < SAME_M
    assert people[3][0].rate == 1.0
    assert max(tick.rate for tick in people[2]) > 0.5 * model.card.rate_hz


def test_people_stand_beside_each_other_before_a_camera_that_is_not_known(model) -> None:
    ticks, live = run(model, Known(XY, there((9, 9))), True)
    people = by_person(ticks)
    begin, end = (people[2][k].prediction.positions[0, 0] - people[1][k].prediction.positions[0, 0] for k in (5, -1))
    assert begin[0] == pytest.approx(2.0, abs=0.5) and end[0] == pytest.approx(2.0 - 0.8 * TIMES[-1], abs=0.9)
    for ticks_of in people.values():
        assert np.abs([tick.prediction.positions[0, [3, 6], 2].min() for tick in ticks_of[20:]]).max() < 0.3
    assert live.camera is not None


def test_the_newest_of_everybody_and_figures_of_each(model) -> None:
    ticks, live = run(model, Known(XY, there((3.0, 9.0))), True, True)
    (track,) = live.tracks
    assert [tick.person for tick in track.everybody] == [1] and track.latest is track.everybody[0]
    first, gone = sorted(track.people, key=lambda each: each.person)
    counts = [len(each) for each in by_person(ticks).values()]
    assert [first.predictions, gone.predictions] == counts and track.figures.predictions == sum(counts)
    alone = run(model, only(XY, there((3.0, 9.0)), [1]), False, True)[1].tracks[0]
    assert gone.means["jitter_m_s3"] == pytest.approx(alone.scores.means()["jitter_m_s3"], rel=1e-4)
    assert gone.bone_length_sd_mm == pytest.approx(alone.scores.bones.sd_mm, rel=1e-3)
    assert alone.people == (alone.figures,) and alone.figures.person is None


def test_means_are_over_predictions_of_whoever_has_them() -> None:
    nan = float("nan")
    one, other = PersonFigures(1, 30, {"a": 1.0, "b": nan}, 2.0), PersonFigures(2, 10, {"a": 5.0, "b": 3.0}, nan)
    assert mean_figures([one]) is one
    assert mean_figures([one, other]) == PersonFigures(None, 40, {"a": 2.0, "b": 3.0}, 2.0)


def test_nominal_delta_is_of_each_persons_own_frames() -> None:
    delta = LiveDelta("nominal")
    assert [delta.push(gap, k % 2) for k, gap in enumerate([2.0, 8.0, 2.0, 8.0])] == [2.0, 8.0, 2.0, 8.0]
    delta.keep({0})
    assert delta.push(4.0, 1) == 4.0 and delta.push(2.0, 0) == 2.0


# -- recorded -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("look_ahead", [0, 3])
def test_a_recording_of_several_gives_what_was_shown(model, tmp_path: Path, look_ahead: int) -> None:
    """Before a camera that is not known, whose vertical is everybody's; the second comes twice."""
    used = load_model("hummuss_small") if look_ahead else model
    recorder = Recorder(tmp_path / "r.jsonl", used.card.name, look_ahead, "keypoints")
    away = there((0.6, 2.3))
    ticks, _ = run(used, Known(XY, away), True, frames=60, recorder=recorder, look_ahead=look_ahead)
    recording = read_recording(tmp_path / "r.jsonl")
    assert [part.person for part in recording.segments] == [1, 2, 3]
    assert {part.room for part in recording.segments} == {1}
    again = np.concatenate([pose.positions for pose in replay(recording, used)])
    assert np.abs(again - shown(ticks)).max() < SAME_M
    found = check_replay(tmp_path / "r.jsonl", recording, used)
    assert found.passed and (found.streams, found.frames) == (3, len(ticks))
    clips = [source.open() for source in expand(tmp_path / "r.jsonl")]
    assert len(clips) == 3 and "Person 2 of several." in clips[1].provenance.notes
    for which, clip in zip((0, 1, 1), clips, strict=True):
        off = [np.abs(clip.xy - XY[k : k + len(clip), which]).max() for k in range(len(XY) - len(clip) + 1)]
        assert min(off) == 0.0
    lines = (tmp_path / "r.jsonl").read_text().splitlines(keepends=True)
    for was, now in (('"person": 2', '"person": 1'), ('"person": 3', '"person": []')):
        (tmp_path / "moved.jsonl").write_text("".join(line.replace(was, now) for line in lines))
        with pytest.raises(InputError, match="is no live recording"):
            read_recording(tmp_path / "moved.jsonl")
    apart = [line.replace('"person": 2, "room": 1', '"person": 2, "room": 2') for line in lines]
    (tmp_path / "apart.jsonl").write_text("".join(apart))
    assert not check_replay(tmp_path / "apart.jsonl", read_recording(tmp_path / "apart.jsonl"), used).passed


def test_one_person_is_recorded_as_ever(model, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r.jsonl", model.card.name, observes="keypoints")
    run(model, only(XY, there((9, 9)), [0]), False, recorder=recorder)
    head, begun, line, *_ = map(json.loads, (tmp_path / "r.jsonl").read_text().splitlines())
    assert list(head) == ["kinestate_live", "model", "look_ahead_frames", "keypoints"]
    assert list(begun) == ["height_m", "body", "image_size", "camera", "mount"]
    assert list(line) == ["t", "rate", "xy", "confidence", "latency_ms", "dropped", "joints"]


def test_a_truth_that_comes_and_goes_is_measured_where_it_is() -> None:
    """Whoever is chosen has it: derivatives begin when it has been there for long enough."""
    joints = [Joints(np.array([k / HZ]), pose[None], H36M_17) for k, pose in enumerate(truth_of(12))]
    scores, plain = LiveScores(), LiveScores()
    found = [scores.push(pose, LiveTruth(pose) if 3 <= k < 9 else None) for k, pose in enumerate(joints)]
    jitter = [plain.push(pose, None)["jitter_m_s3"] for pose in joints]
    assert [figures["jitter_m_s3"] for figures in found] == pytest.approx(jitter, nan_ok=True)
    errors = [figures["mpjpe_mm"] for figures in found]
    assert np.isfinite(errors).tolist() == [3 <= k < 9 for k in range(12)]


def truth_of(frames: int) -> np.ndarray:
    """(T, 17, 3) metres that move smoothly."""
    rest = np.random.default_rng(0).normal(0, 0.4, (17, 3))
    return rest + 0.1 * np.sin(np.arange(frames)[:, None, None] / 3 + rest)
