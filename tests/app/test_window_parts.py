"""The parts of the window that can be judged alone: worst frames, colours, what is remembered, words."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QCheckBox, QToolButton
from window_fakes import FIRST, Models, swaying

from app.look.theme import MODEL_COLOURS, THEMES, apply, ember, tabular
from app.present.wording import clock_text, hertz, number
from app.present.worst import next_worst, worst_frames
from app.state.preferences import Preferences
from app.state.view_options import ViewOptions
from app.widgets.seek_bar import tick_step
from app.widgets.segmented import Segmented
from engine.experiment.run import run
from engine.experiment.settings import Experiment, InputSettings, ModelChoice


@pytest.fixture(scope="module")
def results():
    models = Models()
    models.load(FIRST)
    settings = InputSettings(subsample=2)
    return run(Experiment(input=settings, models=(ModelChoice(name=FIRST),)), recording=swaying(), models=models.of)


def test_worst_frames_come_in_order_and_apart():
    times = np.arange(200) / 100
    error = np.exp(-((times - 0.5) ** 2) / 0.002) + 2 * np.exp(-((times - 1.5) ** 2) / 0.002)
    ranked = worst_frames(error, times, apart_s=0.4)
    assert ranked[:2] == [150, 50]
    assert min(np.diff(np.sort(times[ranked]))) >= 0.4 - 1e-9


def test_worst_frames_of_unknown_errors_are_none():
    assert worst_frames(np.full(10, np.nan), np.arange(10.0)) == []
    assert next_worst([], 3, 1) is None


def test_the_next_worst_goes_round():
    assert [next_worst([7, 2, 9], here, 1) for here in (0, 7, 2, 9)] == [7, 2, 9, 7]
    assert next_worst([7, 2, 9], 7, -1) == 9


def luminance(colour):
    parts = np.array([QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    """WCAG contrast ratio."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_can_be_read(theme):
    assert contrast(theme.text, theme.panel) >= 12
    assert contrast(theme.muted, theme.panel) >= 6
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.text, theme.on) >= 7
    assert contrast(theme.on, theme.panel) >= 1.4, "what is on is seen to be"
    assert contrast(theme.on_error, theme.error) >= 4.5
    assert contrast(theme.truth, theme.plot) >= 3


def test_models_can_be_told_apart():
    colours = [np.array([QColor(c).redF(), QColor(c).greenF(), QColor(c).blueF()]) for c in MODEL_COLOURS]
    lab = cv2.cvtColor(np.array(colours, np.float32)[None], cv2.COLOR_RGB2Lab)[0]
    apart = np.linalg.norm(lab[:, None] - lab, axis=-1) + 1e3 * np.eye(len(lab))
    assert len(lab) == 12 and apart.min() > 20, "the seventh is not the first again"


def test_ember_gets_lighter_all_the_way():
    light = ember(np.linspace(0, 1, 50)).astype(float) @ [0.2126, 0.7152, 0.0722]
    assert np.all(np.diff(light) > 0)


def test_digits_are_of_one_width(qapp):
    from PySide6.QtGui import QFontMetricsF

    metrics = QFontMetricsF(tabular(qapp.font()))
    assert len({round(metrics.horizontalAdvance(d), 3) for d in "0123456789"}) == 1


def test_preferences_remember_the_latest_files_first(tmp_path):
    ini = str(tmp_path / "p.ini")
    preferences = Preferences(QSettings(ini, QSettings.Format.IniFormat))
    for k in range(14):
        preferences.add_recent(str(tmp_path / f"{k}.bvh"))
    preferences.add_recent(str(tmp_path / "9.bvh"))
    names = [path.rsplit("/", 1)[1] for path in preferences.recent]
    assert names[:3] == ["9.bvh", "13.bvh", "12.bvh"]
    assert len(names) == len(set(names)) == 10
    preferences.clear_recent()
    assert preferences.recent == []


def test_a_layout_of_another_version_is_not_used(tmp_path):
    settings = QSettings(str(tmp_path / "p.ini"), QSettings.Format.IniFormat)
    preferences = Preferences(settings)
    assert preferences.layout() is None
    preferences.set_layout(QByteArray(b"geometry"), QByteArray(b"docks"))
    assert preferences.layout() == (QByteArray(b"geometry"), QByteArray(b"docks"))
    settings.setValue("layout_version", 0)
    assert preferences.layout() is None


def test_a_broken_theme_setting_is_dark(tmp_path):
    settings = QSettings(str(tmp_path / "p.ini"), QSettings.Format.IniFormat)
    settings.setValue("theme", "plaid")
    view = ViewOptions(theme="light")
    Preferences(settings).recall(view)
    assert view.theme == "dark"


def test_words_for_numbers():
    assert clock_text(61.239) == "1:01.24"
    assert clock_text(3661.2) == "1:01:01.20"
    assert number(12345.6, 1) == "12\u2009345.6"
    assert number(float("nan")) == "–"
    assert [hertz(rate) for rate in (60.0, 3.75, 59.94)] == ["60 Hz", "3.75 Hz", "59.94 Hz"]


@pytest.mark.parametrize("seconds", [0.5, 10, 600, 36_000, 1e9])
def test_times_on_the_scale_keep_apart_however_long_the_clip(seconds):
    step = tick_step(seconds, 800)
    assert 2 <= seconds / step <= 800 / 50


def test_the_inset_marks_masked_joints(qtbot, results):
    from app.state.clip import LoadedClip, Reader
    from app.state.results import Shown
    from app.state.state import State
    from app.widgets.input_inset import InputInset

    clip = LoadedClip("swaying.npz", Reader(), swaying())
    masked = run(Experiment(input=InputSettings(levels={"mask": 0.4})), recording=clip.motion)
    state = State()
    inset = InputInset(state)
    qtbot.addWidget(inset)
    inset.resize(200, 200)
    state.set_clip(clip)
    accent = QColor(THEMES["dark"].accent)

    def accents():
        image = inset.grab().toImage()
        near = 0
        for x in range(image.width()):
            for y in range(image.height()):
                c = image.pixelColor(x, y)
                near += abs(c.red() - accent.red()) + abs(c.blue() - accent.blue()) < 40 and c.green() < 180
        return near

    state.set_shown(Shown(clip, state.document.settings, run(Experiment(), recording=clip.motion)))
    assert accents() == 0
    state.set_shown(Shown(clip, state.document.settings, masked))
    assert accents() > 20


def test_what_follows_the_rate_is_one_sentence_or_a_clause_for_each_system():
    from app.docks.properties import what_follows
    from engine.models.card import ModelCard

    def card(name, system, follows):
        return ModelCard(name=name, system=system, summary="", causal=False, follows_rate=follows)

    exact = "Δ follows; the spatial part has no time."
    one, two = card("a", "HumMUSS", exact), card("b", "HumMUSS", exact)
    none = card("c", "MotionBERT", "Nothing follows: attention counts frames.")
    assert what_follows([one, two])[0] == exact
    said, full = what_follows([one, none, two])
    assert said == "HumMUSS: Δ follows. MotionBERT: Nothing follows."
    assert "<b>a, b</b>" in full
    assert none.follows_rate in full
    assert what_follows([])[0] == ""


def test_a_resampled_model_says_to_which_rate():
    from app.docks.properties import as_given, what_follows
    from engine.experiment.rate import RatePolicy
    from engine.experiment.settings import ModelChoice

    auto, resample = RatePolicy(), RatePolicy(mode="resample")
    both = [as_given(ModelChoice(name=name), resample) for name in ("sasmamba", "hummuss_small_causal")]
    assert what_follows(both)[0] == "SasMamba: Input resampled to 10 Hz. HumMUSS: Input resampled to 60 Hz."
    own = as_given(ModelChoice(name="sasmamba", rate=auto), resample)
    assert "resampled" not in own.follows_rate


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.slow
def test_whatever_is_on_looks_the_same(qapp, qtbot, name):
    """A tool, a choice of several, and a box with its tick in the theme's colours."""
    application, before = QApplication.instance(), qapp.styleSheet()
    theme = apply(application, name)
    try:
        tool, choice = QToolButton(), Segmented({"a": ("a", ""), "b": ("b", "")})
        tool.setCheckable(True)
        tool.setChecked(True)
        tool.setText("tool")
        choice.set_choice("a")
        for widget in (tool, choice):
            qtbot.addWidget(widget)
            widget.resize(120, 30)
            shown = widget.grab().toImage()
            assert near(shown.pixelColor(8, 4), theme.on)
        box = QCheckBox("box")
        qtbot.addWidget(box)
        box.setChecked(True)
        box.resize(box.sizeHint())
        picture = box.grab().toImage()
        seen = [picture.pixelColor(x, y) for x in range(16) for y in range(picture.height())]
        assert sum(near(colour, theme.accent) for colour in seen) > 60
        assert sum(near(colour, theme.on_accent) for colour in seen) > 4, "the tick"
    finally:
        apply(application, "dark")
        qapp.setStyleSheet(before)


def near(colour, wanted):
    wanted = QColor(wanted)
    return max(abs(colour.red() - wanted.red()), abs(colour.green() - wanted.green()),
               abs(colour.blue() - wanted.blue())) < 12  # fmt: skip
