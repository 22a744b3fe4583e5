"""The picture view: the picture fits, what was found lies over it, a click says where in the picture it was."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from app.widgets.picture_view import BAND, Overlay, PictureView

BLUE_LEFT = np.zeros((100, 200, 3), np.uint8)
BLUE_LEFT[:, :100, 0], BLUE_LEFT[:, 100:, 2] = 255, 255


@pytest.fixture
def view(qtbot):
    made = PictureView("No camera runs")
    qtbot.addWidget(made)
    made.resize(400, 300 + BAND)
    made.show()
    return made


def pixel(view, x: float, y: float) -> tuple[int, int, int]:
    return view.grab().toImage().pixelColor(round(x), round(y)).getRgb()[:3]


def test_the_picture_keeps_its_shape_and_its_colours(view):
    view.show_picture(BLUE_LEFT)
    where, scale = view.place()
    assert (where.width(), where.height(), scale) == (400, 200, 2)
    assert pixel(view, 100, where.center().y()) == (0, 0, 255)
    assert pixel(view, 300, where.center().y()) == (255, 0, 0)


def test_joints_lie_where_they_were_found_and_hidden_ones_are_not_drawn(view):
    xy, seen = np.array([[50.0, 50.0], [150.0, 50.0], [100.0, 90.0]]), np.array([True, True, False])
    view.show_picture(BLUE_LEFT, [Overlay(xy, seen, [(0, 1), (1, 2)], "#00ff00")])
    corner = view.place()[0].topLeft()
    red, green, blue = pixel(view, corner.x() + 200, corner.y() + 100)
    assert green > 120 > 60 > max(red, blue)
    assert pixel(view, corner.x() + 250, corner.y() + 140) == (255, 0, 0), "the bone to a hidden joint"


def test_a_click_says_where_it_was(view, qtbot):
    view.show_picture(BLUE_LEFT)
    corner = view.place()[0].topLeft().toPoint()
    with qtbot.waitSignal(view.picked) as picked:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=corner + QPoint(60, 40))
    assert picked.args == pytest.approx([30, 20], abs=1)


def test_without_a_picture_it_says_so_and_takes_no_clicks(view, qtbot):
    view.show_picture(None)
    with qtbot.assertNotEmitted(view.picked):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    empty = view.grab().toImage()
    view.set_empty_text("")
    assert view.grab().toImage() != empty
