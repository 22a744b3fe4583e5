"""Colours of errors in millimetres."""

from __future__ import annotations

import numpy as np
import pytest
from window_fakes import REST

from app.look.error_colours import FULL_MM, error_colours
from app.look.theme import THEMES, ember
from app.widgets.error_scale import EDGE, WIDTH, ErrorScale
from engine.motion.skeleton import H36M_17

VISION = {  # what dichromats see of linear RGB (Machado, Oliveira, Fernandes 2009, severity 1)
    "all three primaries": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def lab(colours, vision="all three primaries"):
    """CIE L*, a*, b* of sRGB colours (..., 3) in [0, 1], as somebody sees them."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    x, y, z = np.moveaxis(np.clip(linear @ VISION[vision].T, 0, 1) @ XYZ.T / XYZ.sum(1), -1, 0)
    fx, fy, fz = (np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116) for t in (x, y, z))
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def lightness(colours):
    return lab(colours)[..., 0]


@pytest.mark.parametrize("vision", VISION)
def test_no_error_can_be_taken_for_the_grey_of_the_truth(vision):
    shades = error_colours(np.linspace(0, FULL_MM, 151)).astype(float)
    for light in (0.5, 0.75, 1.0):  # in the shade, too
        seen = lab(light * shades, vision)
        assert np.hypot(seen[:, 1], seen[:, 2]).min() > (20 if vision == "all three primaries" else 10)
        assert np.diff(seen[::10, 0]).min() > 0
    for theme in THEMES.values():
        grey = lab(np.array([int(theme.truth[i : i + 2], 16) / 255 for i in (1, 3, 5)]), vision)
        assert np.hypot(*grey[1:]) < 8


def test_the_larger_the_error_the_lighter_in_equal_steps():
    steps = np.diff(lightness(error_colours(np.linspace(0, FULL_MM, 16))))
    assert steps.min() > 0
    assert steps.max() < 1.6 * steps.min()  # perceptually uniform, in greys as well


def test_errors_above_the_scale_have_its_last_colour():
    last = ember(np.ones(1))[0] / 255
    assert error_colours(np.array([FULL_MM, 1e4])) == pytest.approx(np.stack([last, last]))


@pytest.mark.parametrize("vision", VISION)
def test_an_unknown_error_is_neither_a_size_nor_the_truth(vision):
    unknown = error_colours(np.array([[np.nan, 20.0]])).astype(float)[0, 0]
    seen, sizes = lab(unknown, vision), lab(error_colours(np.linspace(0, FULL_MM, 31)).astype(float), vision)
    assert np.hypot(*seen[1:]) > 20
    assert np.linalg.norm(sizes - seen, axis=-1).min() > 20


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("error", [0.0, 40.0, 150.0, np.nan])
@pytest.mark.slow
def test_as_they_are_drawn_the_truth_is_grey_and_an_error_is_not(theme, error):
    from app.view3d.camera_rig import Orbit
    from app.view3d.items import SkeletonItem
    from app.view3d.offscreen import Renderer

    try:
        renderer = Renderer((200, 200), theme, legend=False)
    except (RuntimeError, OSError) as reason:
        pytest.skip(f"nothing draws off-screen here: {reason}")
    camera = Orbit().fit(REST, (200, 200)).camera((200, 200))
    colours = error_colours(np.full((1, 17), error))

    def person(**look):
        renderer.set_items([SkeletonItem("a", "a", H36M_17, np.zeros(1), REST[None], **look)])
        drawn = renderer.render(0.0, camera)
        pixels = np.round(camera.project(REST)[0]).astype(int)
        return lab(drawn[pixels[:, 1], pixels[:, 0]] / 255)

    grey, coloured = person(), person(colour="#d55e00", joint_colours=colours)
    assert np.hypot(grey[:, 1], grey[:, 2]).max() < 10
    assert np.hypot(coloured[:, 1], coloured[:, 2]).min() > 15


def test_the_scale_shows_the_colours_it_explains(qtbot):
    scale = ErrorScale()
    qtbot.addWidget(scale)
    scale.resize(scale.sizeHint())
    for name in THEMES:
        scale.set_theme(name)
        image = scale.grab().toImage()
        end = [image.pixelColor(EDGE + WIDTH - 2, y) for y in range(image.height())]
        row = next(y for y, colour in enumerate(end) if colour.red() - colour.blue() > 100)
        for millimetres in (10, 75, 140):
            seen = image.pixelColor(EDGE + round(WIDTH * millimetres / FULL_MM), row + 2)
            wanted = error_colours(np.array([float(millimetres)]))[0]
            assert (seen.redF(), seen.greenF(), seen.blueF()) == pytest.approx(tuple(wanted), abs=0.04)
