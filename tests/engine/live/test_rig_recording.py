"""Recordings of several live cameras: run again as they were shown, opened as clips and as what the cameras saw."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from killed import killed
from live_fakes import Full, until
from live_rig_fakes import Grid, Walked, bystander, rig_around, rig_feed, walker, write_recording
from typer.testing import CliRunner

from engine.cameras.files import calibration_text
from engine.cameras.video_at import VideoAt
from engine.cli import live_rig
from engine.cli.app import app
from engine.data.formats import live_views
from engine.data.registry import expand, open_motion
from engine.errors import InputError
from engine.experiment.rig_run import chosen_person, measure_on_rig
from engine.experiment.view_files import open_detections
from engine.live.feeds.cameras.stamp import stamped
from engine.live.recording import Recorder, read_recording
from engine.live.replay_check import check_replay
from engine.live.rig.view import Seen, View
from engine.live.run import LiveRun
from engine.live.tick import Tick
from engine.live.track import Track
from engine.models.loading import load_model
from engine.motion.skeleton import H36M_17 as SKELETON
from engine.observation.keypoints import Keypoints2D
from engine.observation.people_in_view import PeopleInView, between_pictures
from engine.observation.trial import Context
from engine.observation.virtual_rig import turned_level

MODELS = ("triangulation", "mv_ssm_keypoints_time")


def test_a_recording_opens_as_a_clip_of_each_camera(tmp_path) -> None:
    rig = write_recording(tmp_path / "r.jsonl")
    assert [source.name for source in expand(tmp_path / "r.jsonl")] == [f"r camera {k}" for k in (1, 2, 3)]
    clip = open_motion(tmp_path / "r.jsonl", select="camera 2")
    assert isinstance(clip, Keypoints2D) and len(clip) == 45 and clip.times[:2] == pytest.approx([0, 1 / 30])
    for at, xy in zip(clip.times, clip.xy, strict=True):
        assert np.allclose(xy, rig[1].project(walker(at))[0], atol=1e-9)
    assert np.array_equal(clip.camera.rotation, rig[1].rotation) and clip.image_size == rig[1].image_size
    assert clip.provenance.notes == ("Recorded live with triangulation.", "camera 2 is silent.")
    assert open_motion(tmp_path / "r.jsonl", rate_hz=10.0).times[:2] == pytest.approx([0, 0.1])
    with pytest.raises(InputError, match="choose one of camera 1, camera 2, camera 3"):
        open_motion(tmp_path / "r.jsonl", select="camera 9")


def test_everybody_is_seen_between_the_pictures_and_nobody_in_a_gap(tmp_path) -> None:
    """Cameras take their pictures 4 ms after each other; places are rounded to a hundredth of a pixel."""
    rig = write_recording(tmp_path / "r.jsonl", gap=(0.5, 0.9))
    views = live_views.read_everybody(tmp_path / "r.jsonl").views
    assert len(views) == 45 and views.confidence.shape == (3, 45, 2, 17) and len(views.rig) == 3
    seen = (views.confidence > 0).all(-1)
    for frame, at in enumerate(views.times):
        # the first camera's pictures are the moments; the others begin 4 and 8 ms later, and end so
        later = at >= 0.008 - 0.004
        assert list(seen[0, frame]) == [True, True] and seen[2, frame, 0] == later and not seen[2, frame, 1]
        assert seen[1, frame].all() == (at < 0.5 + 1 / 30 or at > 0.9) or not seen[1, frame].any()
        for view, who, person in ((0, 0, bystander), (0, 1, walker), (2, 0, walker)):
            if seen[view, frame, who]:
                off = np.abs(views.xy[view, frame, who] - rig[view].project(person(at))[0])
                assert off.max() < 0.03, (view, at)
    assert not seen[1, (views.times > 0.55) & (views.times < 0.85)].any() and seen[1, views.times > 0.95].all()


def test_between_pictures_is_what_a_live_view_tells() -> None:
    """With somebody who goes and comes, and a gap, at moments on, between and beyond the pictures."""
    camera, rng = rig_around(2)[0], np.random.default_rng(0)
    times = np.array([0.0, 0.1, 0.2, 0.3, 0.9, 1.0])
    ids = np.array([[1, 2], [1, 2], [2, 1], [2, -1], [2, 1], [2, 3]])
    xy, sure = rng.uniform(0, 100, (6, 2, 17, 2)), rng.uniform(0.2, 1, (6, 2, 17)) * (rng.random((6, 2, 17)) > 0.1)
    sure[ids < 0] = 0
    view = View(camera)
    for k, at in enumerate(times):
        view.clock.push(at, at, k)
        people = {
            int(who): Keypoints2D("", np.array([at]), xy[k, d][None], sure[k, d][None], SKELETON, camera.image_size)
            for d, who in enumerate(ids[k])
            if who >= 0
        }
        view.push(Seen(at, at, at, people))
    moments = np.array([-0.1, -0.003, 0.0, 0.03, 0.1, 0.15, 0.26, 0.3, 0.5, 0.9, 0.97, 1.003, 1.1])
    found, confidence = between_pictures(PeopleInView("", times, xy, sure, SKELETON), ids, moments)
    for frame, at in enumerate(moments):
        told = [known for known in view.known(at) if (known.confidence > 0).any()]
        there = [d for d in range(2) if (confidence[frame, d] > 0).any()]
        assert len(told) == len(there), at
        for known in told:
            near = [d for d in there if np.allclose(confidence[frame, d], known.confidence[0])]
            assert len(near) == 1 and np.allclose(
                found[frame, near[0]][known.confidence[0] > 0], known.xy[0][known.confidence[0] > 0]
            )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [{**line, "seen_by": 3} if "seen_by" in line else line for line in lines], "is no live record"),
        (lambda lines: [{**line, "ids": [1]} if "seen_by" in line else line for line in lines], "is no live recording"),
        (lambda lines: [line for line in lines if "rate" not in line], "is no live recording"),
        (lambda lines: [{**line, "cameras": []} if "cameras" in line else line for line in lines], "is no live record"),
    ],
)
def test_lines_that_nobody_wrote_are_refused(tmp_path, change, said) -> None:
    write_recording(tmp_path / "r.jsonl", frames=3)
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    (tmp_path / "r.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in change(lines)))
    with pytest.raises(InputError, match=said):
        live_views.read_everybody(tmp_path / "r.jsonl")


def test_another_calibration_and_what_is_none(tmp_path) -> None:
    rig = write_recording(tmp_path / "r.jsonl", frames=3)
    cameras = [replace(camera, centre=camera.centre + [0, 0, 0.1]) for camera in rig]
    (tmp_path / "c.json").write_text(calibration_text(tmp_path / "c.json", tuple(cameras)))
    opened = open_detections(tmp_path / "c.json", tmp_path / "r.jsonl")
    assert opened.views.rig[2].centre[2] == pytest.approx(rig[2].centre[2] + 0.1) and opened.files[1].name == "r.jsonl"
    (tmp_path / "two.json").write_text(calibration_text(tmp_path / "two.json", tuple(cameras[:2])))
    with pytest.raises(InputError, match=r"two\.json: cameras lack camera 3"):
        open_detections(tmp_path / "two.json", tmp_path / "r.jsonl")
    with pytest.raises(InputError, match=r"c\.json: file is no recording of several live cameras"):
        open_detections(None, tmp_path / "c.json")
    with pytest.raises(InputError, match="holds each picture's own time"):
        open_detections(None, tmp_path / "r.jsonl", rate_hz=30)
    with pytest.raises(InputError, match="No calibration was given; only a recording"):
        open_detections(None, tmp_path)


# -- whole runs -------------------------------------------------------------------------------------------------


@dataclass
class Recorded:
    """A run that has ended: its recordings by model, and what each model showed; walked_s: of the walker at 0 s."""

    folder: Path
    ticks: dict[str, list[Tick]]
    walked_s: float

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Recorded:
    """Somebody walks, and another one stands in two of three cameras, to which things happen."""
    folder = tmp_path_factory.mktemp("recorded")
    ticks: dict[str, list[Tick]] = {name: [] for name in MODELS}
    tracks = [
        Track(
            load_model(name), recorder=Recorder(folder / f"{name}.jsonl", name, observes="views"), on_tick=kept.append
        )
        for name, kept in ticks.items()
    ]
    begin = time.perf_counter() + 1.0
    grids = [Grid(begin, 15, 0.004 * k) for k in range(3)]
    feed = rig_feed(rig_around(3), grids, [[bystander, walker], [walker], [bystander, walker]])
    for track in tracks:
        feed.tell(track)
    run = LiveRun(feed, tracks, Context(1.7, body="kinestate"))
    run.start()

    def more(count: int) -> None:
        before = {name: len(kept) for name, kept in ticks.items()}
        until(lambda: run.state == "failed" or all(len(kept) >= before[n] + count for n, kept in ticks.items()), 60)

    try:
        more(15)
        feed.views[1].blind = True
        more(6)
        feed.views[1].blind = False
        more(3)
        feed.views[2].turned_deg = 5.0
        more(6)
        feed.views[0].late_s = 0.08
        more(3)
        grids[1].stopped = True
        until(lambda: not feed.views[1].living(time.perf_counter()), 60)
        more(3)
    finally:
        run.stop()
    assert run.error is None
    return Recorded(folder, ticks, feed.began - begin)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_run_again_it_gives_what_was_shown(recorded, name) -> None:
    """Also across the frame from which on models were told of another camera; not if the stream began anew there."""
    recording, model = read_recording(recorded.file(name)), load_model(name)
    shown = np.concatenate([tick.prediction.positions for tick in recorded.ticks[name]])
    assert np.array_equal(np.concatenate([part.joints for part in recording.segments]), shown)
    found = check_replay(recorded.file(name), recording, model)
    assert found.passed and found.frames == len(shown) and found.model == name
    before, turned = recording.segments[-2:]
    assert turned.goes_on and not before.goes_on
    wanted = turned_level(before.signals.rig[2], 5.0).rotation
    assert np.allclose(turned.signals.rig[2].rotation, wanted) and np.allclose(
        turned.signals.rig[0].rotation, before.signals.rig[0].rotation
    )
    broken = replace(recording, segments=tuple(replace(part, goes_on=False) for part in recording.segments))
    assert check_replay(recorded.file(name), broken, model).passed == (name == "triangulation")


@pytest.mark.slow
def test_what_happened_is_told_at_its_time(recorded) -> None:
    recording = read_recording(recorded.file("triangulation"))
    said = [text for _, text in recording.events]
    wanted = ["camera 2 is blind.", "camera 2 sees again.", "camera 3 is turned by 5°.", "camera 1 is 80 ms late."]
    assert [text for text in said if text in wanted] == wanted
    assert "camera 2 is silent." in said[said.index(wanted[-1]) :]  # and in the beginning, where the machine is busy
    assert any(text.startswith("Person ") and "is followed; there is" in text for text in said)
    at = dict(zip(said, (at for at, _ in recording.events), strict=True))
    for tick in recorded.ticks["triangulation"]:
        seen, rig = tick.observation.confidence[1].any(), tick.observation.rig
        assert not (seen and at["camera 2 is blind."] <= tick.time < at["camera 2 sees again."] - 0.1), tick.time
        turned, after = not np.allclose(rig[2].rotation, rig_around(3)[2].rotation), tick.time - at[wanted[2]]
        assert turned == (after >= 0) or -0.1 < after < 0, tick.time  # it was done while a moment was looked at
    assert at["camera 2 is blind."] < at["camera 2 sees again."] < at["camera 3 is turned by 5°."]
    assert said == [text for _, text in read_recording(recorded.file(MODELS[1])).events]


@pytest.mark.slow
def test_a_clip_of_a_camera_holds_what_models_got(recorded) -> None:
    ticks = recorded.ticks["triangulation"]
    *_, name = live_views.contents(recorded.file("triangulation"))
    clip = open_motion(recorded.file("triangulation"), select=name)
    got = np.concatenate([tick.observation.xy[2, :, 0] for tick in ticks])[-len(clip) :]
    assert np.array_equal(clip.xy, got) and name.endswith("camera 3")


@pytest.mark.slow
def test_the_person_is_found_again_in_what_the_cameras_saw(recorded) -> None:
    """Nothing was done to pictures: a blinded, delayed or turned camera is as it was."""
    file = recorded.file("triangulation")
    opened = open_detections(None, file)
    found = chosen_person(opened.views)
    assert len(found.people) >= 2  # whoever is not looked at for long is somebody new
    figures = measure_on_rig(load_model("triangulation"), found.views)
    pictures = list(live_views.pictures_in(file))
    most = max(range(3), key=[line["seen_by"] for line in pictures].count)
    begin = next(line["t"] for line in pictures if line["seen_by"] == most) + recorded.walked_s
    truth = np.stack([walker(begin + at) for at in opened.views.times])
    off = 1000 * np.linalg.norm(figures.joints.positions - truth, axis=-1).mean(-1)
    seen = (found.views.confidence[:, :, 0] > 0).all(-1).sum(0) > 1
    assert seen.sum() > 10 and np.median(off[seen]) < 1.0 and np.percentile(off[seen], 90) < 8.0
    assert max(figures.reprojection_px.values()) < 0.2


@pytest.mark.slow
def test_a_full_disk_ends_the_recording_and_not_the_run(tmp_path) -> None:
    recorder = Recorder(tmp_path / "run.jsonl", "triangulation", observes="views")
    recorder._file = Full(recorder._file, 30)
    track = Track(load_model("triangulation"), recorder=recorder)
    feed = rig_feed(rig_around(2), [Grid(time.perf_counter() + 0.5) for _ in range(2)])
    feed.tell(track)
    run = LiveRun(feed, [track], Context(1.7))
    run.start()
    try:
        until(lambda: track.recording_lost is not None and track.latency.count > 15, 60)
        assert run.state == "running"
    finally:
        run.stop()
    assert str(track.recording_lost) == "run.jsonl: file takes no more; make room."
    assert len(read_recording(tmp_path / "run.jsonl").segments[0].signals) > 3


RUN = """
    from live_rig_fakes import Grid, rig_around, rig_feed
    from engine.live.recording import Recorder
    from engine.live.run import LiveRun
    from engine.live.track import Track
    from engine.models.loading import load_model
    from engine.observation.trial import Context
    recorder = Recorder(folder / "r.jsonl", "triangulation", observes="views")
    track = Track(load_model("triangulation"), recorder=recorder)
    feed = rig_feed(rig_around(3), [Grid(time.perf_counter() + 0.5) for _ in range(3)])
    feed.tell(track)
    run = LiveRun(feed, [track], Context(1.75))
    run.start()
    while track.latency.count < 20:
        time.sleep(0.01)
    print(track.latest.time, flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_what_was_recorded_before_a_kill_opens(tmp_path) -> None:
    last, file = killed(RUN, tmp_path), tmp_path / "r.jsonl"
    recording = read_recording(file)
    assert recording.segments[-1].signals.times[-1] >= last
    assert check_replay(file, recording, load_model("triangulation")).passed
    assert max(line["t"] for line in live_views.pictures_in(file)) > last - 0.1
    assert len(open_detections(None, file).views) >= 18


@pytest.mark.slow
def test_recorded_replayed_and_opened_on_the_command_line(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(live_rig, "rig_cameras", lambda experiment, **_: Walked())

    def kinestate(*args: object) -> str:
        done = CliRunner().invoke(app, [*map(str, args)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    file, found = tmp_path / "r.jsonl", tmp_path / "o.json"
    kinestate("live", "--feed", "synthetic:walk", "--rig", "ring:3", "--seconds", 1, "--model", "triangulation",
              "--record", file, "--record-video", tmp_path / "v.mkv")  # fmt: skip
    assert "equal within 1e-05 m" in kinestate("check", "replay", file)
    kinestate("rig", "--detections", file, "--model", "triangulation", "--json", found)
    told = json.loads(found.read_text())
    assert [view["name"] for view in told["views"]] == ["camera 1", "camera 2", "camera 3"]
    assert told["models"][0]["found_share"] > 0.9 and told["notes"] == []

    for view, footage in enumerate(open_detections(None, file).footage):
        assert footage.path == tmp_path / f"v-camera {view + 1}.mkv"
        own = [line["own"] for line in live_views.pictures_in(file) if line["seen_by"] == view]
        video, hz = VideoAt(footage.path), 15 if view == 2 else 30
        for at, taken in list(zip(footage.times, own, strict=True))[::5]:
            assert stamped(video.picture(footage.at(at))) == round((taken - 0.004 * view) * hz)
        video.close()
    shown = open_motion(file, select="camera 1").provenance.footage
    assert shown.path.name == "v-camera 1.mkv" and len(shown.times) == len(shown.seconds) > 5
    (tmp_path / "v-camera 1.mkv").unlink()
    clip = open_motion(file, select="camera 1")
    assert clip.provenance.footage is None and "Its video v-camera 1.mkv is not" in clip.provenance.notes[-1]
    assert [film is None for film in open_detections(None, file).footage] == [True, False, False]
