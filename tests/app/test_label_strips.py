"""Labels in the window: strips on the seek bar, tips, the panel of what is likely now, and what has no pose."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from window_fakes import swaying

from app.look.label_colours import label_colour
from app.look.theme import THEMES
from app.present.curves import has_errors, joint_names
from app.present.labels import LabelStrip, label_strips, percent
from app.present.tables import curves_csv, figures_csv, joints_table, models_table
from app.state.clip import LoadedClip, Reader
from app.state.results import Shown
from app.state.settings import Settings, Slot
from app.state.state import State
from app.widgets.label_inset import LabelInset
from app.widgets.label_strip import ROW, paint_label_strip
from app.widgets.people import model_items
from app.widgets.seek_bar import EDGE, STRIP_TOP, SeekBar
from engine.experiment.run import run
from engine.experiment.settings import Experiment, ModelChoice
from engine.models.families import find_model, model_card
from engine.models.labels import NTU_60
from engine.motion.pose import ClassScores, Joints
from engine.motion.skeleton import H36M_17

LABELS, POSES = "hummuss_action_small", "hummuss_small"
TIMES = np.arange(120) / 60
NAMES = model_card(LABELS).labels


class Says:
    """Walks for a second, then dances, three quarters sure; or stands still, where its card is of poses."""

    def __init__(self, name: str) -> None:
        self.card = find_model(name).bare_card

    def forward(self, observation, rate, context, *, progress=None, cancel=None):
        if self.card.predicts == "joints":
            still = np.zeros((len(observation), 17, 3))
            return Joints(observation.times, still, H36M_17, frame="camera", rooted=False)
        shares = np.full((len(observation), len(NAMES)), 0.25 / (len(NAMES) - 1))
        shares[np.arange(len(observation)), np.where(observation.times < 1.0, 0, NAMES.index("dance"))] = 0.75
        return ClassScores(observation.times, NAMES, shares)


def shown_of(*names: str) -> Shown:
    experiment = Experiment(models=tuple(ModelChoice(name=name) for name in names))
    clip = swaying()
    results = run(experiment, recording=clip, models=lambda choice: Says(choice.name))
    slots = tuple(Slot(ModelChoice(name=name), k) for k, name in enumerate(names))
    return Shown(LoadedClip("", Reader(), clip), Settings(slots=slots), results)


@pytest.fixture(scope="module")
def both() -> Shown:
    return shown_of(LABELS, POSES)


def strip_of(both: Shown) -> LabelStrip:
    found = label_strips(both)
    assert [strip.model for strip in found] == [LABELS]
    return found[0]


# -- what is said ---------------------------------------------------------------------------------------------


def test_the_likeliest_labels_of_a_moment(both: Shown) -> None:
    strip = strip_of(both)
    assert strip.likeliest(0.5)[0] == (0, "walking", pytest.approx(0.75))
    assert strip.said(1.5).startswith("dance 75 %, walking 4 %")


@pytest.mark.parametrize(
    ("share", "said"), [(0.0, "0 %"), (0.001, "<1 %"), (0.423, "42 %"), (0.999, ">99 %"), (1.0, "100 %")]
)
def test_nothing_uncertain_is_called_sure(share: float, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda t: t.name)
def test_names_are_readable_on_every_label_s_colour_and_neighbours_differ(theme) -> None:
    colours = [QColor(label_colour(k, theme)) for k in range(len(NTU_60))]
    for colour in colours:
        assert contrast(colour, QColor(theme.text)) >= 4.5
    for one, other in pairwise(colours):
        assert max(abs(one.red() - other.red()), abs(one.green() - other.green()), abs(one.blue() - other.blue())) > 12


def contrast(one: QColor, other: QColor) -> float:
    """WCAG 2."""

    def light(colour: QColor) -> float:
        parts = np.array(colour.getRgbF()[:3])
        linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


# -- where it stands ------------------------------------------------------------------------------------------


def pixel(image: QImage, x: float, y: float) -> QColor:
    return image.pixelColor(QPoint(round(x), round(y)))


def test_the_seek_bar_has_a_strip_for_labels_above_the_errors(qtbot, both: Shown) -> None:
    bar = SeekBar()
    qtbot.addWidget(bar)
    before = bar.sizeHint().height()
    bar.set_span(0.0, float(TIMES[-1]))
    bar.set_labels([strip_of(both)])
    assert bar.sizeHint().height() == before + ROW
    bar.resize(620, bar.sizeHint().height())
    image = bar.grab().toImage()
    width, y = 620 - 2 * EDGE, STRIP_TOP + ROW - 4
    first, second = (pixel(image, EDGE + share * width, y) for share in (0.25, 0.75))
    assert first != second and first == pixel(image, EDGE + 0.45 * width, y)
    assert "walking 75 %" in bar._said(0.5, None) and "dance 75 %" in bar._said(1.5, (1.5, "a <note>"))
    assert "a &lt;note&gt;" in bar._said(1.5, (1.5, "a <note>"))
    bar.set_labels([])
    assert bar.sizeHint().height() == before


def test_less_likely_is_fainter_and_names_stand_where_they_fit(qtbot, both: Shown) -> None:
    theme, strip = THEMES["dark"], strip_of(both)

    def painted(given: LabelStrip, width: int) -> QImage:
        image = QImage(width, ROW, QImage.Format.Format_RGB32)
        image.fill(QColor(theme.panel))
        painter = QPainter(image)
        paint_label_strip(painter, given, QRectF(0, 0, width, ROW), lambda s: width * s / TIMES[-1], theme)
        painter.end()
        return image

    flat = np.full_like(strip.scores.probabilities, 1 / len(NAMES))
    flat[:, 0] += 1e-6
    unsure = replace(strip, scores=replace(strip.scores, probabilities=flat))
    sure, faint = pixel(painted(strip, 400), 190, 14), pixel(painted(unsure, 400), 190, 14)
    ground = QColor(theme.raised)
    assert abs(sure.blue() - ground.blue()) > abs(faint.blue() - ground.blue())

    def letters(image: QImage) -> int:
        return sum(pixel(image, x, y).lightness() > 150 for x in range(8, image.width()) for y in range(ROW))

    assert letters(painted(strip, 400)) > 20 and letters(painted(strip, 40)) == 0


def test_the_panel_follows_the_moment_and_hides_without_labels(qtbot, both: Shown) -> None:
    state = State()
    inset = LabelInset(state)
    qtbot.addWidget(inset)
    assert inset.isHidden()
    state.results.shown = both
    assert not inset.isHidden() and inset.rows()[0][1][0][1] == "walking"
    state.set_clip(both.clip)
    state.results.shown = both
    state.moment.seek(1.5)
    assert inset.rows()[0][1][0][1] == "dance"
    assert not inset.grab().isNull()
    state.results.shown = shown_of(POSES)
    assert inset.isHidden()


def test_the_panel_is_drawn_again_with_other_frames_only(qtbot, both: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State()
    inset = LabelInset(state)
    qtbot.addWidget(inset)
    state.set_clip(both.clip)
    state.results.shown = both
    first, second = inset.strips[0].scores.times[:2]
    drawn: list[int] = []
    monkeypatch.setattr(inset, "update", lambda: drawn.append(1))
    state.moment.seek(first + 0.3 * (second - first))
    assert not drawn
    state.moment.seek(second)
    assert drawn == [1]


def test_what_has_no_pose_stands_in_no_view_and_breaks_no_table(both: Shown) -> None:
    state = State()
    state.results.shown = both
    assert {item.key for item in model_items(state)} == {"model 1"}
    assert has_errors(both) and len(joint_names(both.results)) == 17
    table = models_table(both, 0.5)
    assert [row.name for row in table.rows] == [LABELS, POSES] and np.isnan(table.rows[0].cells[1])
    assert all(np.isnan(row.cells[0]) and np.isfinite(row.cells[1]) for row in joints_table(both).rows)
    assert LABELS in figures_csv(both.results) and LABELS in curves_csv(both.results)
    alone = shown_of(LABELS)
    assert not has_errors(alone) and joint_names(alone.results) == ()
    assert len(models_table(alone, 0.5).rows) == 1 and curves_csv(alone.results)
