"""The panel of figures in the window: their values, order, text on the clipboard, and the joint that is looked at."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from typer.testing import CliRunner
from window_fakes import FIRST, SECOND, answered, clip_file, settle

from app.commands.file import open_path, save_session
from app.present.tabular import NAME
from engine.experiment.rate import RatePolicy
from engine.experiment.settings import ModelChoice
from engine.experiment.sweep import SweepRow, SweepTable
from engine.motion.skeleton import H36M_17

DATA = Qt.ItemDataRole


@pytest.fixture
def numbers(window, qtbot):
    """The panel with three models: the first, the first with Δ as trained, the second."""
    state = window.state
    state.document.edit_input(subsample=4)
    state.document.add_model(ModelChoice(name=FIRST, rate=RatePolicy(mode="trained")))
    state.document.add_model(ModelChoice(name=SECOND))
    qtbot.waitUntil(lambda: answered(state), timeout=10_000)
    settle()
    panel = window.numbers
    panel.show_view("models")
    yield panel
    panel.show_view("models")
    panel._on_clip(None)  # forgets what was swept
    for table in panel.tables.values():
        table._sorted_by = None
        table.clearSelection()


def cells(table) -> dict[str, list[str]]:
    """What a table shows (without the thin spaces between thousands), by the names of its columns."""
    model = table.model()
    heads = [model.table.kind, *(column.name for column in model.table.columns)]
    rows = range(model.rowCount())
    return {head: [model.index(r, c).data().replace("\u2009", "") for r in rows] for c, head in enumerate(heads)}


def copied() -> str:
    return QApplication.clipboard().text()


def click(qtbot, table, row, column=0, modifier=Qt.KeyboardModifier.NoModifier):
    place = table.visualRect(table.model().index(row, column)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def click_head(qtbot, table, head: str):
    section = list(cells(table)).index(head)
    header = table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(section) + header.sectionSize(section) // 2, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)


# -- figures ------------------------------------------------------------------------------------------------


def test_every_figure_is_the_results(window, numbers):
    shown, found = window.state.results.shown.results, cells(numbers.tables["models"])
    assert found["Model"] == [FIRST, f"{FIRST} · Δ trained", SECOND, "Ground truth"]
    assert found["Δ"] == ["×4.00", "×1.00", "×4.00", ""]
    assert found["MPJPE"] == [*(f"{m.summary['mpjpe_mm']:.1f}" for m in shown.models), ""]
    assert found["PA-MPJPE"][1] == f"{shown.models[1].summary['pa_mpjpe_mm']:.1f}"
    assert found["Params"][0] == "482 k"
    assert found["Jitter"][3] == f"{shown.models[0].summary['jitter_truth_m_s3']:.1f}"


def test_the_figures_are_those_that_eval_prints_for_the_saved_session(window, numbers, models, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.models.loading.load_model", lambda name, device: models[name])
    save_session(window.desk, tmp_path / "s.json")
    from engine.cli.app import app

    done = CliRunner().invoke(app, ["eval", "--session", str(tmp_path / "s.json"), "--json", str(tmp_path / "o.json")])
    assert done.exit_code == 0, done.output
    printed = json.loads((tmp_path / "o.json").read_text())["models"]
    table = numbers.tables["models"].figures.table
    for row, theirs in zip(table.rows, printed, strict=True):
        assert row.name == theirs["label"]
        for column, value in zip(table.columns, row.cells, strict=True):
            if column.key not in ("now", "ms_per_frame"):
                assert value == pytest.approx(theirs[column.key], rel=1e-9), (row.name, column.key)


def test_the_error_now_follows_the_frame(window, numbers):
    for frame in (3, 77):
        window.state.moment.set_frame(frame)
        now = [f"{m.over_time('mpjpe_mm')[frame // 4]:.1f}" for m in window.state.results.shown.results.models]
        assert cells(numbers.tables["models"])["Now"] == [*now, ""]


def test_the_best_of_a_column_is_bold(numbers):
    table = numbers.tables["models"]
    column = list(cells(table)).index("MPJPE")
    values = [float(text) for text in cells(table)["MPJPE"][:3]]
    bold = [
        font is not None and font.bold()
        for r in range(3)
        for font in [table.model().index(r, column).data(DATA.FontRole)]
    ]
    assert bold == [value == min(values) for value in values]
    assert any(bold)


def test_columns_can_be_asked_for(numbers):
    table = numbers.tables["models"]
    column = list(cells(table)).index("N-MPJPE")
    assert table.isColumnHidden(column)
    action = next(a for a in table.columns_menu().actions() if a.text() == "N-MPJPE (mm)")
    action.trigger()
    assert not table.isColumnHidden(column)
    assert "N-MPJPE (mm)" in table.arranged().markdown()
    next(a for a in table.columns_menu().actions() if a.text() == "N-MPJPE (mm)").trigger()
    assert table.isColumnHidden(column)


# -- order --------------------------------------------------------------------------------------------------


def test_a_head_sorts_both_ways_and_then_lets_be_and_the_truth_stays_last(numbers, qtbot):
    table = numbers.tables["models"]
    before = cells(table)
    values = [float(text) for text in before["MPJPE"][:3]]
    assert len(set(values)) > 1
    for expected, arrow in ((sorted(values), "↑"), (sorted(values, reverse=True), "↓"), (values, "")):
        click_head(qtbot, table, "MPJPE")
        found = cells(table)
        assert [float(text) for text in found["MPJPE"][:3]] == expected
        assert found["Model"][3] == "Ground truth"
        column = list(found).index("MPJPE")
        head = table.model().headerData(column, Qt.Orientation.Horizontal)
        assert [sign for sign in "↑↓" if sign in head] == list(arrow)
    assert cells(table) == before


def test_names_are_sorted_too(numbers, qtbot):
    table = numbers.tables["models"]
    click_head(qtbot, table, "Model")
    click_head(qtbot, table, "Model")
    assert cells(table)["Model"][:3] == sorted(cells(table)["Model"][:3], reverse=True)


def test_the_order_outlives_new_results(window, numbers, qtbot):
    table = numbers.tables["models"]
    click_head(qtbot, table, "Δ")
    assert cells(table)["Model"][0] == f"{FIRST} · Δ trained"
    window.state.document.set_level("noise_px", 3.0)
    qtbot.waitUntil(lambda: answered(window.state), timeout=10_000)
    settle()
    assert cells(table)["Model"][0] == f"{FIRST} · Δ trained"
    assert [float(text[1:]) for text in cells(table)["Δ"][:3]] == [1.0, 4.0, 4.0]


def test_the_error_now_stays_with_its_model_when_sorted(window, numbers, qtbot):
    table = numbers.tables["models"]
    table.sort_by(NAME)
    table.sort_by(NAME)
    window.state.moment.set_frame(40)
    now = {m.label: f"{m.over_time('mpjpe_mm')[10]:.1f}" for m in window.state.results.shown.results.models}
    found = cells(table)
    assert dict(zip(found["Model"][:3], found["Now"][:3], strict=True)) == now


# -- the clipboard ------------------------------------------------------------------------------------------


def test_copy_as_csv_says_everything_that_decides_the_figures(window, numbers):
    window.actions_["copy_figures"].trigger()
    lines = copied().splitlines()
    assert lines[0].startswith("clip,model,delta")
    assert [line.split(",")[1] for line in lines[1:]] == [FIRST, f"{FIRST} · Δ trained", SECOND]
    assert window.state.results.message.text == "The table is on the clipboard as CSV."


def test_copy_as_markdown_and_latex_are_the_table_in_its_order(numbers, qtbot):
    click_head(qtbot, numbers.tables["models"], "Δ")
    menu = {action.text(): action for action in numbers.copy.menu().actions()}
    menu["Copy as Markdown"].trigger()
    lines = copied().splitlines()
    assert "swaying: 30 frames at 15 Hz" in lines[0]
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert found[0][:6] == ["Model", "Δ", "MPJPE (mm)", "PA-MPJPE (mm)", "MPJVE (mm/s)", "Accel. (m/s²)"]
    escaped = FIRST.replace("_", "\\_")
    assert found[2][:2] == [f"{escaped} · Δ trained", "×1.00"]
    menu["Copy as LaTeX"].trigger()
    lines = copied().splitlines()
    assert lines[2] == r"\begin{tabular}{lrrrrrrrrr}"
    found = [cell.strip() for cell in lines[7].split("&")]
    assert found[:2] == [rf"{escaped} $\cdot$ $\Delta$ trained", r"$\times$1.00"]
    assert lines[-1] == r"\end{tabular}"


def test_ctrl_c_copies_the_selected_rows(numbers, qtbot):
    table = numbers.tables["models"]
    click(qtbot, table, 0)
    click(qtbot, table, 2, modifier=Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = [line.split("\t") for line in copied().splitlines()]
    assert lines[0][:3] == ["Model", "Δ", "MPJPE (mm)"]
    assert [line[0] for line in lines[1:]] == [FIRST, SECOND]
    assert lines[1][2] == cells(table)["MPJPE"][0]


# -- joints and categories ----------------------------------------------------------------------------------


def test_a_row_selects_its_joint_and_a_joint_its_row(window, numbers, qtbot):
    numbers.switch.buttons["joints"].click()
    state, table = window.state, numbers.tables["joints"]
    settle()
    click(qtbot, table, 2)
    assert state.view.selection == 2
    assert table.selected() == [2]
    click(qtbot, table, 2)
    assert state.view.selection is None
    assert table.selected() == []
    window.stage.viewport.joint_picked.emit("truth", 16)
    assert table.selected() == [16]
    assert table.viewport().rect().contains(table.visualRect(table.model().index(16, 0)).center())
    window.actions_["cancel"].trigger()
    assert table.selected() == []


def test_the_selected_joint_keeps_its_row_when_sorted(window, numbers, qtbot):
    numbers.show_view("joints")
    table = numbers.tables["joints"]
    window.state.view.selection = 5
    click_head(qtbot, table, FIRST)
    errors = [float(text) for text in cells(table)[FIRST][:17]]
    assert errors == sorted(errors, reverse=True), "the worst joint first"
    assert table.selected() == [5]
    place = table.selectionModel().selectedRows()[0]
    assert place.data() == H36M_17.names[5]
    click(qtbot, table, 0)
    assert H36M_17.names[window.state.view.selection] == cells(table)["Joint"][0]


def test_the_joints_are_the_results(window, numbers):
    model = window.state.results.shown.results.models[2]
    found = cells(numbers.tables["joints"])[SECOND]
    assert found[:17] == [f"{error:.1f}" for error in model.series["mpjpe_mm"].per_joint()]
    assert found[17] == f"{model.summary['mpjpe_mm']:.1f}"


def test_categories_need_many_clips_and_say_so(numbers):
    numbers.switch.buttons["categories"].click()
    assert "folder or archive" in numbers.empty.text()
    assert not numbers.stack.isVisible()
    assert not numbers.copy.isEnabled()
    clip = SweepRow(FIRST, 1, "auto", 60.0, 10, {"mpjpe_mm": 42.0}, "a", "walking")
    numbers.show_sweep(SweepTable((clip,), (clip,), {}))
    assert cells(numbers.tables["categories"]) == {"Category": ["walking", "all"], FIRST: ["42.0", "42.0"]}
    assert numbers.stack.isVisible()
    numbers.copy_csv()
    assert copied().splitlines()[1] == "walking,42"


def test_categories_of_another_clip_are_gone(window, numbers, qtbot, tmp_path):
    clip = SweepRow(FIRST, 1, "auto", 60.0, 10, {"mpjpe_mm": 42.0}, "a", "walking")
    numbers.show_sweep(SweepTable((clip,), (clip,), {}))
    numbers.show_view("categories")
    assert numbers.stack.isVisible()
    open_path(window.desk, clip_file(tmp_path, name="other", frames=30))
    qtbot.waitUntil(lambda: window.state.document.clip.name == "other", timeout=10_000)
    assert not numbers.stack.isVisible()
    assert "folder or archive" in numbers.empty.text()
