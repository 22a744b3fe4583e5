"""The window that calibrates cameras: from folders of rendered board pictures to a file, cancelled, and refused."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
from board_fakes import Studio
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from test_boards import CHARUCO, FACING, camera, poses

from app.dialogs.calibrate_window import REMEMBERED, CalibrateWindow
from app.present.calibrated import calibrated_table, said_of
from app.state.state import State
from app.workers.calibration import BoardChoice
from engine.cameras.files import read_calibration
from engine.experiment.loaded import load

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shots(tmp_path_factory) -> Path:
    """Two cameras' pictures of one ChArUco board, which lies on the floor in the last."""
    folder = tmp_path_factory.mktemp("studio") / "shots"
    for view in (camera("left"), camera("right", (0.7, -1.0, 0.8))):
        studio, own = Studio(view), folder / view.name
        own.mkdir(parents=True)
        for number, pose in enumerate([*poses(6, CHARUCO), (FACING, [-0.25, 0.15, 0.0])]):
            cv2.imwrite(str(own / f"{number}.png"), studio.picture(CHARUCO, *pose))
    return folder


@pytest.fixture
def tool(open_tool, preferences):
    return open_tool(CalibrateWindow, State(), load, preferences=preferences)


def choice(shots: Path, **changes: object) -> BoardChoice:
    given = {"lenses": str(shots), "kind": "charuco", "columns": 6, "rows": 4, "square_mm": 100.0}
    return BoardChoice.model_validate(given | changes)


def test_from_pictures_to_a_file(tool, shots, qtbot, tmp_path):
    assert not tool.bar.button.isEnabled() and not tool.keep.isEnabled() and tool.empty.isVisible()
    tool.form.show_choice(choice(shots, together=str(shots), floor=True))
    tool.bar.button.click()
    qtbot.waitUntil(lambda: tool.found is not None and not tool.bar.running, timeout=120_000)
    table = calibrated_table(tool.found)
    assert [row.name for row in table.rows] == ["left", "right"] and max(row.cells[0] for row in table.rows) < 0.5
    assert "placed to" in tool.said.text() and "squares measure" in tool.said.text() and tool.stage.isVisible()
    assert [view.lens.camera.name for view in tool.views] == ["left", "right"] and not tool.empty.isVisible()
    picture = tool.views[0].grab().toImage()
    colours = {picture.pixelColor(x, y).name() for x in range(4, picture.width(), 6) for y in range(30, 120, 6)}
    assert len(colours) > 3  # cells of several counts
    tool.save(tmp_path / "rig.toml")
    assert "Wrote rig.toml" in tool.bar.note.text()
    saved = read_calibration(tmp_path / "rig.toml").cameras
    for true, found in zip((camera("left"), camera("right", (0.7, -1.0, 0.8))), saved, strict=True):
        assert found.centre[2] == pytest.approx(true.centre[2], abs=0.06)
    tool.save(tmp_path / "none" / "rig.xyz")
    assert "Wrote" not in tool.bar.note.text()


def test_lenses_alone_have_no_places(tool, shots, qtbot):
    tool.form.show_choice(choice(shots))
    tool.run()
    qtbot.waitUntil(lambda: tool.found is not None and not tool.bar.running, timeout=120_000)
    assert not tool.stage.isVisible() and "lenses alone" in tool.said.text()
    assert "placed" not in {column.key for column in calibrated_table(tool.found).columns}
    assert said_of(tool.found, 100.0).startswith("2 cameras")


def test_it_stops_and_says_what_is_wrong(tool, shots, qtbot):
    tool.form.show_choice(choice(shots))
    tool.run()
    tool._worker.cancel()
    qtbot.waitUntil(lambda: not tool.bar.running, timeout=60_000)
    assert tool.found is None
    tool.form.show_choice(choice(shots, columns=9, rows=7))
    tool.run()
    qtbot.waitUntil(lambda: "inner corners" in tool.bar.note.text() and not tool.bar.running, timeout=120_000)
    assert tool.found is None


def test_dropped_folders_and_what_is_remembered(tool, shots, preferences, tmp_path):
    def drop(path: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        tool.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))

    drop(shots)
    assert tool.form.choice().lenses == str(shots) and tool.bar.button.isEnabled()
    drop(tmp_path)
    assert tool.form.choice().together == str(tmp_path) and tool.form.choice().lenses == str(shots)
    tool.form.kind.chosen.emit("charuco")
    assert tool.form.dictionary.isVisible()
    tool.close()
    assert json.loads(preferences.text(REMEMBERED))["kind"] == "charuco"
