"""Names to write under: an ending where none is typed, and nothing written over unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.commands.file import figures_beside
from app.dialogs.export_motion import _beside
from app.widgets.save_name import ask_save_name

KINDS = "Images (*.png);;All figures (*.csv)"


@pytest.fixture
def ask(qtbot, monkeypatch, tmp_path):
    """ask(typed, answer, ...) -> (the path, the questions)."""
    parent = QWidget()
    qtbot.addWidget(parent)

    def ask_it(typed: str, yes: bool = False, kind: str = "Images (*.png)", **options):
        asked: list[str] = []
        buttons = QMessageBox.StandardButton

        def question(_, title, text, *rest):
            asked.append(text)
            return buttons.Yes if yes else buttons.No

        name = str(tmp_path / typed) if typed else ""
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (name, kind))
        monkeypatch.setattr(QMessageBox, "question", question)
        return ask_save_name(parent, "Save", tmp_path / "start.png", KINDS, **options), asked

    return ask_it


def test_a_name_without_an_ending_gets_that_of_the_kind(ask, tmp_path):
    assert ask("a") == (tmp_path / "a.png", [])
    assert ask("a", kind="All figures (*.csv)") == (tmp_path / "a.csv", [])
    assert ask("a.svg") == (tmp_path / "a.svg", [])
    assert ask("") == (None, [])


@pytest.mark.parametrize("yes", [True, False])
def test_what_the_dialog_has_not_seen_is_asked_about(ask, tmp_path, yes):
    path = tmp_path / "a.png"
    path.touch()
    found, asked = ask("a", yes)
    assert found == (path if yes else None) and asked == ["a.png exists already. Overwrite?"]
    assert ask("a.png") == (path, []), "the dialog itself has asked"


def test_what_is_written_beside_is_asked_about(ask, tmp_path):
    (tmp_path / "walk-figures.csv").touch()
    found, asked = ask("walk.csv", beside=lambda path: [figures_beside(path)])
    assert found is None and asked == ["walk-figures.csv exists already. Overwrite?"]
    for name in ("walk.007.obj", "walk.008.obj", "walk.x.obj", "other.007.obj"):
        (tmp_path / name).touch()
    _, asked = ask("walk.obj", beside=_beside)
    assert asked == ["walk.007.obj and 1 more exist already. Overwrite?"]
    assert Path(tmp_path, "walk.bvh.json") in _beside(tmp_path / "walk.bvh")
