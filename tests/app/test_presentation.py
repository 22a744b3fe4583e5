"""Presentation mode, and the tour of a first start."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtWidgets import QApplication
from window_fakes import settle

from app.commands.help import open_tour, show_tour
from app.dialogs.tour import STEPS
from app.look.theme import LARGE
from app.state.preferences import Preferences

Key = Qt.Key


@pytest.fixture
def unpresented(window):
    yield window
    window.state.view.presenting = False
    if (tour := open_tour(window.desk)) is not None:
        tour.close()
    window.resize(1280, 720)
    settle()


@pytest.mark.slow
def test_f11_leaves_the_view_and_the_timeline_in_large_letters_and_comes_back(unpresented, qtbot):
    window = unpresented
    before = {name: dock.isVisible() for name, dock in window.docks.items()}
    legend = window.stage.viewport._named.legends[0].height()
    qtbot.keyClick(window, Key.Key_F11)
    settle()
    assert [name for name, dock in window.docks.items() if dock.isVisible()] == ["timeline"]
    assert not window.menuBar().isVisible() and not window.stage.tools.isVisible()
    assert QApplication.font().pointSizeF() == pytest.approx(10 * LARGE)
    assert window.stage.viewport._named.legends[0].height() > 1.3 * legend
    qtbot.keyClick(window, Key.Key_Right)
    assert window.state.moment.frame == 1, "keys work as before"
    qtbot.keyClick(window, Key.Key_Escape)
    settle()
    assert {name: dock.isVisible() for name, dock in window.docks.items()} == before
    assert window.menuBar().isVisible() and not window.isFullScreen()
    assert QApplication.font().pointSizeF() == pytest.approx(10)


def test_the_tour_goes_through_five_parts_of_the_window(unpresented, qtbot):
    window = unpresented
    show_tour(window.desk)
    tour = open_tour(window.desk)
    assert tour is not None and len(tour.steps) == len(STEPS) == 5
    for number, step in enumerate(STEPS, 1):
        assert tour.count.text() == f"{number} of 5" and tour.title.text() == step.title
        part = window.docks[step.place]
        assert tour.frame.geometry().topLeft() == part.mapTo(window, QPoint()) and tour.frame.size() == part.size()
        assert window.rect().contains(tour.geometry())
        assert not tour.geometry().intersects(tour.frame.geometry()), "it does not hide what it speaks of"
        assert tour.back.isEnabled() == (number > 1)
        tour.next.click()
    assert open_tour(window.desk) is None and not tour.frame.isVisible()


def test_the_tour_can_be_skipped(unpresented, qtbot):
    for way in ("button", "escape"):
        show_tour(unpresented.desk)
        if way == "button":
            open_tour(unpresented.desk).skip.click()
        else:
            qtbot.keyClick(unpresented, Key.Key_Escape)
        assert open_tour(unpresented.desk) is None


def test_there_is_one_first_time(tmp_path):
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    assert Preferences(settings).take_first_time()
    assert not Preferences(settings).take_first_time()
