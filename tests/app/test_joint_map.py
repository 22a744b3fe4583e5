"""The joint map by hand in the window: offered where a file's joints cannot be told, kept for its rig."""

import pytest
from odd_rig import MAP, odd_bvh

from app.commands import tools
from app.dialogs.joint_map import JointMapWindow
from app.widgets.message_bar import MessageBar
from app.workers.bridge import OpenJob
from engine.motion import joint_maps


@pytest.fixture
def odd(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    joint_maps._remembered.cache_clear()
    return str(odd_bvh(tmp_path / "odd.bvh"))


def choose(tool: JointMapWindow, joint_map: dict[str, str]) -> None:
    for role, joint in joint_map.items():
        box = tool.boxes[role]
        box.setCurrentIndex(box.findData(joint))
        box.activated.emit(box.currentIndex())


def test_a_rig_that_nobody_knows_is_opened_by_a_map(qtbot, window, odd):
    """The error bar offers the boxes; what they say opens the clip, which its session then holds."""
    results = window.state.results
    window.bridge.open(OpenJob(odd))
    qtbot.waitUntil(lambda: results.message is not None and results.message.error, timeout=20_000)
    assert window.state.document.clip.name != "odd"
    bar = window.findChild(MessageBar)
    assert "no joint for left hip" in results.message.text and bar.remedy.isVisibleTo(bar)
    bar.remedy.click()
    tool = window.desk.tools["joint_map"]
    assert tool.isVisible() and results.message is None
    assert tool.note.text().startswith("Missing: left hip, right hip, left knee")
    joints = joint_maps.parse_map(MAP)
    choose(tool, joints | {"left knee": joints["right knee"]})
    tool.keep_button.click()
    assert tool.isVisible() and "two roles" in tool.note.text()
    choose(tool, joints)
    assert "Every joint" in tool.note.text()
    tool.keep_button.click()
    qtbot.waitUntil(lambda: window.state.document.clip.name == "odd", timeout=20_000)
    assert not tool.isVisible()
    assert window.state.document.experiment().file.overrides.joints == joints

    tools.show_joints(window.desk)  # as the card's button does
    assert tool.joint_map == joints and window.clip_card.joints.isEnabled()
    tool.by_names.click()
    assert tool.joint_map == {} and "Missing" in tool.note.text()
    tool.close()


def test_a_known_layout_has_no_map(window):
    assert not window.clip_card.joints.isEnabled()
    tools.show_joints(window.desk)
    assert all(not isinstance(tool, JointMapWindow) or not tool.isVisible() for tool in window.desk.tools.values())
    assert window.state.document.experiment().file.overrides.joints is None
