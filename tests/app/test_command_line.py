"""The command line with the window: its own commands, and the engine's beside them."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner
from window_fakes import FIRST, clip_file

from app.cli import app
from engine.cli.app import app as without_window
from engine.experiment.session import save_session
from engine.experiment.settings import Experiment, FileSource, ModelChoice
from engine.export.video import MPEG4, Video

COMMANDS = ["eval", "sweep", "render", "train", "ship", "import-weights", "models", "info", "doctor", "check", "bench"]


def kinestate(*args):
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


def test_a_file_opens_the_window_and_no_display_draws_the_demo(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setitem(sys.modules, "app.main", SimpleNamespace(run_app=lambda path: calls.append(("window", path))))
    demo = SimpleNamespace(run_demo=lambda folder, *, clip, say: calls.append(("demo", clip)))
    monkeypatch.setitem(sys.modules, "app.render.offscreen_demo", demo)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    done = kinestate()
    assert done.exit_code == 0 and "no display" in done.stderr
    kinestate("walk.bvh")
    monkeypatch.setenv("DISPLAY", ":0")
    kinestate("--offscreen")
    kinestate()
    kinestate("walk.bvh")
    assert [(what, path and str(path)) for what, path in calls] == [
        ("demo", None), ("demo", "walk.bvh"), ("demo", None), ("window", None), ("window", "walk.bvh"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "says"),
    [(["--out", "a.gif"], "a.gif"), (["--out", "a.png", "--size", "big"], "--size")],
)
def test_bad_input_to_render_is_one_sentence_and_exit_code_2(tmp_path, args, says):
    done = kinestate("render", "--clip", clip_file(tmp_path), *args)
    assert done.exit_code == 2
    (sentence,) = done.stderr.splitlines()
    assert says in sentence and sentence.endswith(".")


def test_render_takes_seen_hands_for_models_of_trackers(tmp_path):
    done = kinestate("render", "--clip", clip_file(tmp_path), "--out", "a.png", "--model", FIRST, "--seen-hands")
    assert done.exit_code == 2 and "--seen-hands is for models that observe trackers" in done.stderr


def test_help_lists_the_commands_in_order():
    lines = [line.split() for line in kinestate("--help").stdout.splitlines()]
    assert [words[1] for words in lines if len(words) > 2 and words[1] in COMMANDS] == COMMANDS
    assert kinestate("--version").stdout.strip() == "0.1.0"


def test_doctor_says_what_draws():
    assert "GL renderer" in kinestate("doctor").stdout


def test_the_command_line_starts_without_the_heavy_imports():
    heavy = ("torch", "PySide6", "vispy", "numpy", "scipy", "cv2")
    code = f"import sys, app.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_render_takes_the_session_s_colours_and_says_what_a_browser_cannot_play(monkeypatch, tmp_path):
    clip = clip_file(tmp_path)
    view = {"slots": [{"choice": {"name": FIRST}, "colour": 4, "on": True}]}
    experiment = Experiment(source=FileSource(path=str(clip)), models=(ModelChoice(name=FIRST),))
    save_session(experiment, tmp_path / "s.json", view)
    given = []

    def write_film(results, path, look, fps, progress, *, speed):
        given.append((look.colours, fps, speed))
        return Video(path, 1, MPEG4)

    monkeypatch.setattr("app.render.film.write_film", write_film)
    done = kinestate(
        "render", "--session", tmp_path / "s.json", "--out", tmp_path / "f.mp4", "--fps", 12, "--speed", 0.5
    )
    assert done.exit_code == 0, done.stderr
    assert given == [((4,), 12, 0.5)] and "browsers do not play" in done.stderr


def test_every_command_of_the_engine_is_one_of_the_program() -> None:
    def names(made):
        return {each.name for each in (*made.registered_commands, *made.registered_groups)}

    assert names(app) - names(without_window) == {"render", "open"} and not names(without_window) - names(app)
    commands = [each.name for each in app.registered_commands]
    assert "rig" in commands and commands.count("doctor") == 1
    assert app.registered_commands[commands.index("doctor")].callback.__module__ == "app.cli"
