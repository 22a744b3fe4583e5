"""The window with a shipped model: the main job, end to end."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSettings
from window_fakes import answered

from engine.experiment.run import run
from engine.experiment.settings import Experiment, FileSource, ModelChoice
from engine.models.families import find_model

MODEL = "hummuss_small"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_model(MODEL).trained, reason=f"no weights of {MODEL} are shipped"),
]


def test_the_demo_plays_with_the_model_on_it_and_its_numbers_are_the_experiments(qtbot, tmp_path):
    from app.main import DEMO, begin
    from app.state.preferences import Preferences
    from app.window import make_window

    window = make_window(Preferences(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)))
    qtbot.addWidget(window)
    window.show()
    begin(window, None)
    state = window.state
    qtbot.waitUntil(lambda: state.results.shown is not None, timeout=60_000)
    assert state.moment.playing
    assert [m.name for m in state.results.shown.results.models] == [MODEL]
    window.properties.rate.slider.setValue(4)
    qtbot.waitUntil(lambda: answered(state), timeout=60_000)
    shown = state.results.shown.results.models[0].summary
    given = state.document.settings.input.model_copy(update={"subsample": 4})
    expected = (
        run(Experiment(source=FileSource(path=DEMO), input=given, models=(ModelChoice(name=MODEL),))).models[0].summary
    )
    for key in expected.keys() - {"ms_per_frame"}:
        assert shown[key] == pytest.approx(expected[key], rel=1e-6), key
    window.close()
