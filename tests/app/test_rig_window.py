"""The window of several cameras: figures of the command line, pictures of the moment, cameras left out, a clip."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from live_rig_fakes import write_recording
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from test_rig_truth import in_layout, panoptic_folder
from typer.testing import CliRunner

from app.dialogs.rig_pictures import best_columns
from app.dialogs.rig_window import REMEMBERED, RigWindow
from app.present.rig_found import AFTER, BEFORE, OFFSET, RigFound
from app.state.state import State
from app.workers.loading import load as open_clip
from app.workers.rig import Film, RigChoice
from engine.cameras.files import calibration_text
from engine.cameras.pinhole import Camera, look_at
from engine.cli.app import app as commands
from engine.errors import InputError
from engine.experiment.loaded import load
from engine.experiment.rig_run import chosen_person
from engine.experiment.view_files import open_detections, with_videos
from engine.motion.skeleton import H36M_17, PANOPTIC_15
from engine.paths import CLIPS
from engine.progress import passing

pytestmark = pytest.mark.slow

FRAMES, SIZE = 40, (320, 180)
NAMES = [
    *("root", "right_hip", "right_knee", "right_foot", "left_hip", "left_knee", "left_foot", "spine", "thorax"),
    *("neck_base", "head", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_shoulder", "right_elbow", "right_wrist"),
]


def shade(frame: int) -> int:
    """The grey of a frame of a film."""
    return 30 + 5 * frame


def film(path: Path, frames: int = FRAMES) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 60.0, SIZE)
    for frame in range(frames):
        writer.write(np.full((SIZE[1], SIZE[0], 3), shade(frame), np.uint8))
    writer.release()


def ring(views: int) -> tuple[Camera, ...]:
    angles = 2 * np.pi * np.arange(views) / views + 0.3
    eyes = np.stack([4 * np.sin(angles), -4 * np.cos(angles), np.full(views, 1.5)], -1)
    return tuple(
        look_at(f"cam{k + 1}", eye, np.array([0, 0, 0.9]), image_size=(1280, 720)) for k, eye in enumerate(eyes)
    )


def walker() -> np.ndarray:
    """Where somebody who walks was, (T, 17, 3) metres."""
    with np.load(CLIPS / "walk.npz") as file:
        walk = file["positions"][:FRAMES].astype(np.float64)
    return walk - [*walk[:, 0, :2].mean(0), 0.0]


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """Small copies of the films lie in a folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def studio(tmp_path_factory) -> Path:
    """A folder with `rig.toml` and `seen`: keypoints of three cameras around somebody who walks, and tiny films."""
    folder = tmp_path_factory.mktemp("studio")
    walk, cameras, seen = walker(), ring(3), folder / "seen"
    seen.mkdir()
    noise = np.random.default_rng(0)
    for camera in cameras:
        pixels = camera.project(walk)[0] + noise.normal(0, 2, (FRAMES, 17, 2))
        rows = [
            {"frame_id": t, "instances": [{"keypoints": xy.tolist(), "keypoint_scores": [0.9] * 17}]}
            for t, xy in enumerate(pixels)
        ]
        info = {"keypoint_id2name": {str(j): name for j, name in enumerate(NAMES)}}
        (seen / f"{camera.name}.json").write_text(json.dumps({"meta_info": info, "instance_info": rows}))
        film(seen / f"{camera.name}.avi")
    (folder / "rig.toml").write_text(calibration_text(folder / "rig.toml", cameras))
    return folder


@pytest.fixture
def make(open_tool, preferences):
    def build():
        return open_tool(RigWindow, State(), load, preferences=preferences)

    return build


@pytest.fixture
def ran(make, studio, qtbot):
    """The window after a run on the studio: triangulation, refined."""
    tool = make()
    tool.form.show_choice(chosen(studio))
    tool.bar.button.click()
    qtbot.waitUntil(lambda: done(tool), timeout=120_000)
    return tool


def chosen(studio: Path) -> RigChoice:
    return RigChoice(
        calibration=str(studio / "rig.toml"),
        folder=str(studio / "seen"),
        kind="detections",
        rate_hz=60,
        models=("triangulation",),
    )


def done(tool: RigWindow) -> bool:
    return tool.found is not None and bool(tool.found.figures) and not tool.bar.running


def greys(tool: RigWindow) -> list[int]:
    """The grey of each camera's picture, away from the person."""
    return [view._image.pixelColor(4, 4).red() for view in tool.pictures.cameras if view._image is not None]


def test_its_figures_are_those_of_the_command_line(ran, studio, tmp_path):
    out = tmp_path / "rig.json"
    args = ["rig", "--calibration", str(studio / "rig.toml"), "--detections", str(studio / "seen"), "--refine"]
    args += ["--rate-hz", "60", "--model", "triangulation", "--json", str(out)]
    assert CliRunner().invoke(commands, args).exit_code == 0
    told = json.loads(out.read_text())
    (model,), table = told["models"], ran.cameras.figures.table
    keys = [column.key for column in table.columns]
    assert OFFSET not in keys
    for row, view in zip(table.rows, told["views"], strict=True):
        cells = dict(zip(keys, row.cells, strict=True))
        assert row.name == view["name"]
        assert cells[BEFORE] == pytest.approx(view["before_px"]) and cells[AFTER] == pytest.approx(view["after_px"])
        assert cells["rate"] == view["rate_hz"] == pytest.approx(60) and cells["dropped"] == view["dropped"] == 0
        assert cells["model 0"] == pytest.approx(model["reprojection_px"][view["name"]])
    (row,) = ran.models.figures.table.rows
    assert row.cells[:3] == pytest.approx(
        (100 * model["found_share"], model["bone_length_sd_mm"], model["jitter_m_s3"])
    )


def test_against_a_truth_it_tells_what_the_command_line_tells_and_draws_it(make, studio, tmp_path, qtbot):
    known = in_layout(walker()[: FRAMES - 10], PANOPTIC_15)
    truth, out = panoptic_folder(tmp_path / "hdPose3d_stage1_coco19", (known,)), tmp_path / "rig.json"
    tool = make()
    tool.form.show_choice(chosen(studio).model_copy(update={"truth": str(truth)}))
    tool.run()
    qtbot.waitUntil(lambda: done(tool), timeout=120_000)
    args = ["rig", "--calibration", str(studio / "rig.toml"), "--detections", str(studio / "seen"), "--refine"]
    args += ["--rate-hz", "60", "--model", "triangulation", "--truth", str(truth), "--json", str(out)]
    assert CliRunner().invoke(commands, args).exit_code == 0
    told = json.loads(out.read_text())["models"][0]["truth"]
    table = tool.models.figures.table
    figures = dict(zip((column.title for column in table.columns), table.rows[0].cells, strict=True))
    assert 0 < figures["MPJPE (mm)"] < 30 and figures["MPJPE (mm)"] == pytest.approx(told["mpjpe_mm"])
    assert {name: figures[f"AP{name} (%)"] for name in told["ap_percent"]} == pytest.approx(told["ap_percent"])
    assert figures["Recall (%)"] == told["recall_500mm_percent"] == 100 and "Found (%)" in figures
    assert f"against the truth in {FRAMES - 10} frames" in tool.said.text()
    drawn, *_ = tool.stage.views[0]
    assert (drawn.key, drawn.label, drawn.colour) == ("truth", "Ground truth", None)
    assert drawn.at(7 / 60) == pytest.approx(known[7]) and np.isnan(drawn.at((FRAMES - 5) / 60)).all()
    found = tool.found
    for file in sorted(truth.iterdir(), reverse=True):
        file.rename(truth / f"body3DScene_{int(file.stem[-8:]) + 300:08d}.json")
    tool.run()
    qtbot.waitUntil(lambda: "frames are 300 to 329, not 0 to 39" in tool.bar.note.text(), timeout=60_000)
    qtbot.waitUntil(lambda: not tool.bar.running, timeout=20_000)
    assert tool.found is found


def test_pictures_poses_and_keypoints_are_of_the_moment(ran, qtbot):
    for frame in (7, 31, 12):  # forwards, and back
        ran.seek(frame / 60)
        qtbot.waitUntil(lambda frame=frame: all(abs(g - shade(frame)) < 3 for g in greys(ran)), timeout=20_000)
        view = ran.pictures.cameras[1]
        seen, predicted = view._overlays
        scale = SIZE[0] / 1280
        assert seen.xy == pytest.approx(ran.found.opened.views.xy[1, frame, 0] * scale)
        assert np.linalg.norm(predicted.xy - seen.xy, axis=-1).max() < 20 * scale
        assert seen.colour is None and predicted.colour is not None
    items = {item.key: item for item in ran.stage.views[0]}
    assert set(items) == {"triangulation", "cameras"} and items["triangulation"].skeleton.names == H36M_17.names
    corners = items["cameras"].at(0.0).reshape(-1, 3)
    for camera in ran.found.views.rig:
        assert np.linalg.norm(corners - camera.centre, axis=-1).min() < 1e-9
    assert items["cameras"].extent().points.shape[1] == len(corners)


def test_it_plays_and_stands_still(ran, qtbot):
    ran.play.click()
    qtbot.waitUntil(lambda: ran.seconds > 0.1, timeout=20_000)
    ran.play.click()
    here = ran.seconds
    qtbot.wait(150)
    assert ran.seconds == here <= FRAMES / 60


def test_a_camera_without_its_tick_takes_no_part(ran, qtbot):
    before = ran.found
    ran.pictures.cameras[1].tick.click()
    qtbot.waitUntil(lambda: ran.found is not before and done(ran), timeout=120_000)
    found, table = ran.found, ran.cameras.figures.table
    assert found.used == (0, 2) and found.opened is before.opened and "2 of 3 cameras" in ran.said.text()
    assert not np.allclose(found.figures[0].joints.positions, before.figures[0].joints.positions)
    keys = [column.key for column in table.columns]
    assert table.rows[1].name == "cam2, left out" and np.isnan(table.rows[1].cells[keys.index(BEFORE)])
    now, then = (errors["cam2"] for errors in (found.errors[0], before.errors[0]))
    assert then < 4 and then < now < 40, "the camera that took no part sees it from outside"
    ran.pictures.cameras[0].tick.click()
    qtbot.waitUntil(lambda: "two cameras" in ran.bar.note.text(), timeout=20_000)
    assert ran.found is found and not ran.bar.running


def test_offsets_of_clocks_are_found_and_pictures_follow_them(make, studio, qtbot):
    tool = make()
    tool.form.show_choice(chosen(studio).model_copy(update={"sync": True, "refine": False}))
    tool.run()
    qtbot.waitUntil(lambda: done(tool), timeout=120_000)
    keys = [column.key for column in tool.cameras.figures.table.columns]
    assert OFFSET in keys and BEFORE not in keys
    late = tool.found.person.offsets_s
    late[1] = 3 / 60  # as if it were three frames late
    assert [tool.found.seen_at(view, 0.5) for view in (0, 1)] == [round(30 - 60 * late[0]), 27]
    assert tool.found.picture_at(1, 0.5) == 27


def test_the_motion_becomes_a_clip(ran, tmp_path, qtbot):
    opened = []
    ran._bridge.open = lambda job: opened.append(job)
    ran.open_motion(tmp_path / "walk.trc")
    qtbot.waitUntil(lambda: bool(opened), timeout=20_000)
    clip = open_clip(opened[0].source, opened[0].reader)
    assert clip.truth == pytest.approx(ran.found.figures[0].joints.positions, abs=1e-4)
    (tmp_path / "nowhere").touch()  # a file, not a folder
    ran.open_motion(tmp_path / "nowhere" / "walk.trc")
    qtbot.waitUntil(lambda: "walk.trc" in ran.bar.note.text() and "opened" not in ran.bar.note.text(), timeout=20_000)
    assert len(opened) == 1


def test_files_are_dropped_and_what_was_chosen_is_remembered(make, studio, tmp_path, qtbot):
    tool = make()
    assert not tool.bar.button.isEnabled() and tool.tables.isHidden()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(studio / name)) for name in ("rig.toml", "seen")])
    move = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(tool, QDragEnterEvent(QPoint(50, 50), *move))
    QApplication.sendEvent(tool, QDropEvent(QPointF(50, 50), *move))
    choice = tool.form.choice()
    assert (choice.calibration, choice.folder) == (str(studio / "rig.toml"), str(studio / "seen"))
    assert choice.kind == "detections" and tool.bar.button.isEnabled()
    both = tmp_path / "both"
    for name in ("calibration", "films"):
        (both / name).mkdir(parents=True)
    film(both / "films" / "cam1.avi", 1)
    tool.form.take(both)
    choice = tool.form.choice()
    assert (choice.calibration, choice.folder) == (str(both / "calibration"), str(both / "films"))
    assert choice.kind == "videos"
    for each in (both, tmp_path):
        (each / "hdPose3d_stage1_coco19").mkdir()
    (tmp_path / "actorsGT.mat").touch()
    for dropped, truth in (
        (both, both / "hdPose3d_stage1_coco19"),
        (tmp_path / "actorsGT.mat", tmp_path / "actorsGT.mat"),
        (tmp_path / "hdPose3d_stage1_coco19", tmp_path / "hdPose3d_stage1_coco19"),
    ):
        tool.form.take(dropped)
        assert tool.form.choice() == choice.model_copy(update={"truth": str(truth)})
    choice = tool.form.choice()
    tool.close()
    again = RigChoice.model_validate_json(tool._preferences.text(REMEMBERED))
    assert again == choice and make().form.choice() == choice


def test_a_recording_of_live_cameras_holds_their_calibration(make, tmp_path, qtbot):
    write_recording(tmp_path / "r.jsonl")
    tool = make()
    tool.form.calibration.setText("of another rig.toml")
    tool.form.take(tmp_path / "r.jsonl")
    tool.form.refine.setChecked(False)
    tool.form.models.choose(["triangulation"])
    assert tool.form.choice().calibration == "" and tool.bar.button.isEnabled()
    tool.run()
    qtbot.waitUntil(lambda: tool.found is not None and bool(tool.found.figures), timeout=60_000)
    assert [camera.name for camera in tool.found.views.rig] == ["camera 1", "camera 2", "camera 3"]
    assert max(tool.found.errors[0].values()) < 0.2 and tool.bar.note.text() == "Done."
    assert len(tool.found.person.people) == 2


def test_what_is_wrong_is_said(make, studio, qtbot):
    tool = make()
    tool.form.show_choice(chosen(studio).model_copy(update={"folder": str(studio / "gone")}))
    tool.run()
    qtbot.waitUntil(lambda: tool._state.results.message is not None, timeout=60_000)
    assert "gone" in tool.bar.note.text() and tool.found is None and not tool.bar.running
    tool.form.show_choice(chosen(studio).model_copy(update={"person": "7"}))
    tool.run()
    qtbot.waitUntil(lambda: "no person 7" in tool.bar.note.text(), timeout=60_000)


def test_frames_of_keypoints_are_pictures_by_their_number(studio):
    """Though the keypoints' rate is not the video's; frames after its last picture are that one."""
    shown = Film()
    for rate_hz in (60, 25):
        opened = with_videos(open_detections(studio / "rig.toml", studio / "seen", rate_hz=rate_hz))
        found = RigFound(opened, (0, 1, 2), chosen_person(opened.views), opened.views)
        for number in (0, 5, 39, 3, 3, 39):
            for picture in shown.at(found, number / rate_hz):
                assert picture.shape == (*SIZE[::-1], 3) and abs(int(picture.mean()) - shade(number)) < 3


def test_a_broken_video_and_a_short_one(studio, tmp_path):
    folder = tmp_path / "seen"
    shutil.copytree(studio / "seen", folder)
    (folder / "cam1.avi").write_bytes(b"no video")
    film(folder / "cam2.avi", 4)
    opened = with_videos(open_detections(studio / "rig.toml", folder, rate_hz=60))
    assert "The video cam1.avi cannot be opened: left out." in opened.notes
    found = RigFound(opened, (0, 1, 2), chosen_person(opened.views), opened.views)
    none, short, whole = Film().at(found, 30 / 60)
    assert none is None and abs(int(short.mean()) - shade(3)) < 3 and abs(int(whole.mean()) - shade(30)) < 3


def test_a_video_that_is_broken_meanwhile_is_refused_every_time(studio, tmp_path):
    folder = tmp_path / "seen"
    shutil.copytree(studio / "seen", folder)
    opened = with_videos(open_detections(studio / "rig.toml", folder, rate_hz=60))
    found = RigFound(opened, (0, 1, 2), chosen_person(opened.views), opened.views)
    (folder / "cam2.avi").write_bytes(b"no video")
    shown = Film()
    for _ in range(2):
        with pytest.raises(InputError, match=r"cam2\.avi"):
            shown.at(found, 0.5)
    shutil.copy(studio / "seen" / "cam2.avi", folder)
    assert len(shown.at(found, 0.5)) == 3


def test_small_copies_play_and_whole_pictures_are_shown_at_rest(make, studio, qtbot, monkeypatch):
    monkeypatch.setattr("engine.cameras.small_video.LONGEST", 160)
    tool = make()
    tool.form.show_choice(chosen(studio))
    tool.run()
    qtbot.waitUntil(lambda: done(tool), timeout=120_000)
    qtbot.waitUntil(lambda: tool._film._quick._renewed and tool._film.copying.isHidden(), timeout=30_000)
    shown = []
    tool._film.pictured.connect(lambda job, pictures: shown.append((job.seconds, [p.shape[1] for p in pictures])))
    tool.seek(10 / 60)
    qtbot.waitUntil(lambda: len(shown) == 2, timeout=30_000)
    assert shown == [(10 / 60, [160] * 3), (10 / 60, [SIZE[0]] * 3)]
    assert greys(tool) == pytest.approx([shade(10)] * 3, abs=3)
    shown.clear()
    tool.play.click()
    qtbot.waitUntil(lambda: len(shown) > 12, timeout=30_000)
    assert {width for _, widths in shown for width in widths} == {160}
    tool.play.click()
    qtbot.waitUntil(lambda: shown[-1] == (tool.seconds, [SIZE[0]] * 3), timeout=30_000)


def test_copies_are_made_meanwhile_and_can_be_stopped(make, studio, qtbot, monkeypatch):
    videos = []

    def endless(video: Path) -> bool:
        videos.append(video.name)
        while True:
            passing(0.5)
            time.sleep(0.01)

    monkeypatch.setattr("engine.detector.filmed_small.make_copy", endless)
    tool = make()
    tool.form.show_choice(chosen(studio))
    tool.run()
    copying = tool._film.copying
    qtbot.waitUntil(lambda: done(tool) and copying.isVisible() and "17%" in copying._note.text(), timeout=120_000)
    tool.seek(5 / 60)
    qtbot.waitUntil(lambda: greys(tool) == pytest.approx([shade(5)] * 3, abs=3), timeout=30_000)
    copying.button.click()
    qtbot.waitUntil(copying.isHidden, timeout=30_000)
    tool.pictures.cameras[0].tick.click()  # runs again, with the same videos
    tool.pictures.cameras[0].tick.click()
    qtbot.waitUntil(lambda: done(tool), timeout=120_000)
    assert videos == ["cam1.avi"] and copying.isHidden()


def test_pictures_stand_where_they_are_largest():
    assert best_columns([(1080, 1920)] * 4, 900, 600) == 4
    assert best_columns([(1920, 1080)] * 4, 900, 600) == 2
    assert best_columns([(1920, 1080)] * 3, 400, 900) == 1
