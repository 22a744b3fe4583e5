"""The window of several live cameras, whose pictures, people and mistakes are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from live_rig_fakes import Walked
from tool_fakes import state_with

import app.workers.live
from app.dialogs.live_rig import LiveRigWindow
from app.dialogs.live_rig_pictures import NO_BREAK, OTHERS
from app.present.live_rig import LONGEST, smaller
from engine.cameras.files import calibration_text
from engine.data.formats.live_recording import VIDEO, lines_of
from engine.experiment.loaded import load
from engine.experiment.rate import RatePolicy
from engine.experiment.session import load_session
from engine.experiment.settings import CameraSource, Experiment, InputSettings, ModelChoice, Viewpoint, VirtualRig
from engine.live.feeds.cameras.stamp import stamped
from engine.live.frame import Found, PictureFrame
from engine.live.recording import read_recording
from engine.live.replay_check import check_replay
from engine.models.defaults import OF_VIEWS
from engine.models.loading import load_model
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.observation.reprojection import nearest_person
from engine.observation.virtual_rig import virtual_rig

pytestmark = pytest.mark.slow


@pytest.fixture
def walked(monkeypatch) -> Walked:
    made = Walked()
    monkeypatch.setattr(app.workers.live, "rig_cameras", lambda experiment: made)
    return made


@pytest.fixture
def tool(open_tool, preferences):
    made = open_tool(LiveRigWindow, state_with(frames=10), load, preferences=preferences)
    made.models.choose(["triangulation"])
    return made


@pytest.fixture
def watched(tool, qtbot, walked):
    tool.bar.button.click()
    qtbot.waitUntil(lambda: tool.feed is not None and tool.feed.given > 20, timeout=60_000)
    return tool


def pixels(tool) -> list[float]:
    assert tool._sights is not None
    return tool._sights.pixels


def test_it_begins_with_painted_cameras_and_the_models_of_views(open_tool, preferences):
    tool = open_tool(LiveRigWindow, state_with(frames=10), load, preferences=preferences)
    assert {choice.name for choice in tool.models.chosen} == {*OF_VIEWS}
    assert tool.models.answer is None
    experiment = tool.experiment()
    assert experiment.camera.where == "synthetic:walk" and experiment.camera.several
    assert experiment.camera.detector == "lite" and str(experiment.viewpoint.rig) == "ring:4"


def test_every_camera_has_its_picture_its_figures_and_a_place_in_3d(watched, qtbot):
    tool = watched
    names = [picture.camera.name for picture in tool.pictures.cameras]
    assert names == ["camera 1", "camera 2", "camera 3"]
    qtbot.waitUntil(lambda: all(len(p._overlays) >= 2 for p in tool.pictures.cameras), timeout=20_000)
    alone, *_, both = (picture._overlays for picture in tool.pictures.cameras)
    assert [overlay.colour is None for overlay in alone] == [True, False] and len(both) == 3
    assert [overlay.colour for overlay in both[:2]] == [OTHERS, None]  # the one beside is not followed
    qtbot.waitUntil(lambda: all("px" in p.figures.text() for p in tool.pictures.cameras), timeout=20_000)
    _, second, third = (picture.figures.text().replace(NO_BREAK, " ") for picture in tool.pictures.cameras)
    assert "15.0 Hz · " in third and max(pixels(tool)) < 1
    assert " ms · " in second and " px · " in second and second.endswith(" dropped")
    assert "of the frames that models got" in tool.pictures.cameras[1].figures.toolTip()
    shown, cameras = tool.stage.views[0]
    assert shown.colour is not None and "3 cameras" in (shown.label, cameras.label)
    assert tool.said.text() == "Running." and "moments, of which models got" in tool.counts.text()
    assert tool.bar.note.text() == "Assumed: No file for camera 4: left out."
    tool.bar.button.click()
    assert tool.run.state == "stopped" and tool.rig.isEnabled()


def test_what_is_shown_together_is_of_one_moment(watched, qtbot):
    """Pictures carry their number; 4 ms lie between two of the same number, and 33 between others."""
    sights = []

    def complete() -> bool:
        sights[:] = watched._sights.sights()
        return all(sight is not None and sight.followed is not None for sight in sights)

    for _ in range(5):
        qtbot.waitUntil(complete, timeout=20_000)
        first, second, _ = sights
        periods = 30 * max(view.period for view in watched.feed.views[:2])  # more where the machine has other work
        assert abs(stamped(first.pictured.picture) - stamped(second.pictured.picture)) < 1.2 * periods + 0.2
        off = np.linalg.norm(first.people[0].xy[0] - first.models[0], axis=-1)
        assert off.max() < 1.5 * periods  # at 0.5 m/s a person moves by less in a picture's time
        qtbot.wait(100)


def test_a_camera_is_blinded_and_delayed_while_it_runs(watched, qtbot):
    tool = watched
    first = tool.pictures.cameras[0]
    (track,) = tool.run.tracks

    def sees() -> bool:
        return bool(track.latest.observation.confidence[0].any())

    assert sees()
    first.tick.click()
    qtbot.waitUntil(lambda: not sees(), timeout=20_000)
    qtbot.waitUntil(lambda: {overlay.colour for overlay in first._overlays[:-1]} == {OTHERS}, timeout=20_000)
    tool._sights._agreement._errors.clear()
    qtbot.waitUntil(lambda: np.isfinite(pixels(tool)[0]), timeout=20_000)  # it is measured all the same
    assert pixels(tool)[0] < 1
    first.late.setValue(300)
    tool._sights._agreement._errors.clear()
    qtbot.waitUntil(lambda: pixels(tool)[0] > 1, timeout=20_000)
    assert tool.settings()["camera 1"] == "blind" and tool.settings()["camera 2"] == "on time"
    first.tick.click()
    assert tool.settings()["camera 1"] == "300 ms late"
    qtbot.waitUntil(sees, timeout=20_000)


def test_cameras_stay_blind_late_and_turned_from_one_run_to_the_next(watched, qtbot):
    tool = watched
    tool.pictures.cameras[1].tick.click()
    tool.pictures.cameras[2].late.setValue(80)
    tool.pictures.cameras[0].turned.setValue(5)
    before = tool.feed
    tool.bar.button.click()
    tool.bar.button.click()
    qtbot.waitUntil(lambda: tool.feed is not before and tool.feed.given > 2, timeout=60_000)
    assert [view.blind for view in tool.feed.views] == [False, True, False]
    assert [view.late_s for view in tool.feed.views] == [0, 0, 0.08]
    assert [view.turned_deg for view in tool.feed.views] == [5, 0, 0]


def test_a_turned_camera_shows_above_its_picture_and_in_3d(watched, qtbot):
    tool, first = watched, watched.pictures.cameras[0]
    qtbot.waitUntil(lambda: np.isfinite(pixels(tool)[0]) and pixels(tool)[0] < 1, timeout=20_000)
    stood = tool.stage.views[0][-1].at(0.0)
    first.turned.setValue(10)
    tool._sights._agreement._errors.clear()
    qtbot.waitUntil(lambda: pixels(tool)[0] > 5, timeout=20_000)  # of 192
    assert tool.settings()["camera 1"] == "turned by 10°" and tool.settings()["camera 2"] == "on time"
    moved = tool.stage.views[0][-1].at(0.0)
    edges = len(stood) // 3
    assert np.array_equal(moved[edges:], stood[edges:]) and 0.01 < np.abs(moved[:edges] - stood[:edges]).max() < 0.2

    def apart() -> float:
        people, models = (
            [one.xy for one in first._overlays if (one.colour is None) == found] for found in (True, False)
        )
        return min((np.median(np.linalg.norm(xy - people[0], axis=-1)) for xy in models if people), default=0.0)

    qtbot.waitUntil(lambda: apart() > 3, timeout=20_000)  # the joints are drawn where the turned camera would see them
    first.turned.setValue(0)
    tool._sights._agreement._errors.clear()
    qtbot.waitUntil(lambda: pixels(tool)[0] < 1, timeout=20_000)


def test_frame_rate_and_delta_act_while_it_runs(watched, qtbot):
    (track,) = watched.run.tracks
    watched.stresses.rate.slider.setValue(4)
    hz = track.model.card.rate_hz
    qtbot.waitUntil(lambda: track.latest.rate > 2.5 * hz / 30, timeout=20_000)
    watched.delta.mode.buttons["trained"].click()
    qtbot.waitUntil(lambda: track.latest.rate == 1, timeout=20_000)
    watched.delta.slider.slider.setValue(watched.delta.slider.slider.maximum())
    qtbot.waitUntil(lambda: track.latest.rate == watched.delta.policy().factor > 1, timeout=20_000)
    assert watched.settings()["Step Δ"].startswith("×")


def test_it_is_recorded_with_what_is_done_to_cameras(tool, qtbot, walked, tmp_path):
    tool.outputs.record.setChecked(True)
    tool.outputs.video.setChecked(True)
    tool.outputs.folder.setText(str(tmp_path))
    tool.bar.button.click()
    qtbot.waitUntil(lambda: tool.feed is not None and tool.feed.given > 10, timeout=60_000)
    tool.pictures.cameras[1].late.setValue(80)
    qtbot.waitUntil(lambda: " MB + " in tool.said.text() and " left." in tool.said.text(), timeout=10_000)
    assert "Recorded to " in tool.said.text() and ": 0:0" in tool.said.text()
    qtbot.wait(200)
    tool.bar.button.click()
    (file,), videos = tmp_path.glob("*.jsonl"), sorted(tmp_path.glob("*.mkv"))
    assert len(videos) == 3 and lines_of(file).head[VIDEO] == [video.name for video in videos]
    recording = read_recording(file)
    assert "camera 2 is 80 ms late." in [said for _, said in recording.events]
    assert check_replay(file, recording, load_model("triangulation")).passed


def test_cameras_that_stop_are_told(watched, walked, qtbot):
    for grid in walked.grids[:2]:
        grid.stopped = True
    qtbot.waitUntil(lambda: watched.said.text() == "Nobody is seen by two cameras at once.", timeout=20_000)
    assert watched._sights.sights()[0].models == (None,)  # the newest pictures, by themselves


@pytest.mark.parametrize(
    ("calibration", "feeds", "said"),
    [
        ("", "http://a/", "No calibration was given; choose the file"),
        ("CALIBRATION", "", "No cameras were given; choose a folder"),
        ("nowhere.toml", "http://a/", "nowhere.toml"),
        ("CALIBRATION", "http://a/\nhttp://b/", "cameras are camera 1, camera 2, camera 3, and the feeds are 2;"),
        ("CALIBRATION", "FOLDER", "files fit 0 of the cameras camera 1, camera 2, camera 3"),
        ("ONE", "http://a/", "one.json: cameras are 1; a place in space takes two or more."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(tool, qtbot, tmp_path, calibration, feeds, said):
    cameras = tuple(virtual_rig(np.zeros((1, 17, 3)) + [0, 0, 1], 3))
    (tmp_path / "rig.json").write_text(calibration_text(tmp_path / "rig.json", cameras))
    (tmp_path / "one.json").write_text(calibration_text(tmp_path / "one.json", cameras[:1]))
    named = {"CALIBRATION": tmp_path / "rig.json", "ONE": tmp_path / "one.json", "FOLDER": tmp_path}
    tool.rig.kind.buttons["real"].click()
    tool.rig.calibration.setText(str(named.get(calibration, calibration)))
    tool.rig.feeds.setPlainText(str(named.get(feeds, feeds)))
    tool.bar.button.click()
    qtbot.waitUntil(lambda: said in tool.bar.note.text(), timeout=60_000)
    assert not tool.bar.running and tool.rig.isEnabled()


CHOSEN = Experiment(
    source=CameraSource(
        where="camera:Left,http://b/,c.mp4",
        several=True,
        calibration="rig.toml",
        detector="full",
        people=3,
        hz=15,
        size=(640, 480),
    ),
    viewpoint=Viewpoint(rig=VirtualRig(arrangement="half ring", views=3)),
    input=InputSettings(subsample=2, seed=4),
    rate=RatePolicy(mode="trained"),
    models=(ModelChoice(name="triangulation"),),
    height_m=1.82,
)
PAINTED = CHOSEN.with_source(where="synthetic:wave", calibration="")


@pytest.mark.parametrize("chosen", [CHOSEN, PAINTED])
def test_what_was_chosen_is_remembered_and_saved(tool, open_tool, preferences, tmp_path, chosen):
    tool.show_experiment(chosen)
    assert tool.experiment() == chosen
    tool.save(tmp_path / "s.json")
    assert load_session(tmp_path / "s.json").experiment == chosen
    tool.close()
    again = open_tool(LiveRigWindow, state_with(frames=10), load, preferences=preferences)
    assert again.experiment() == chosen


def test_a_folder_of_videos_stays_one_feed(tool, tmp_path):
    folder = Path(tmp_path, "left, and right")
    folder.mkdir()
    tool.show_experiment(CHOSEN.with_source(where=str(folder)))
    assert tool.experiment().camera.where == str(folder)


def test_large_pictures_are_made_smaller_and_the_nearest_person_is_found():
    frame = PictureFrame(1.0, 2.0, np.zeros((1920, 1080, 3), np.uint8), 0)
    small = smaller(Found(frame, (), None, (), 0.0, 0.0))
    assert small.picture.shape == (LONGEST, 360, 3) and small.scale == LONGEST / 1920 and small.time == 1.0
    xy = np.arange(34.0).reshape(17, 2)
    people = [
        Keypoints2D("", np.zeros(1), (xy + off)[None], np.full((1, 17), sure), H36M_17, (99, 99))
        for off, sure in ((9, 1.0), (2, 1.0), (0, 0.0))
    ]
    assert nearest_person(people, xy) == 1 and nearest_person(people[2:], xy) is None
