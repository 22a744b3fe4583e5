"""One net around every command: whatever a person can cause ends in one sentence, never in a traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from command_runs import ROOT, run_command
from typer.testing import CliRunner

from engine.cli.app import TRACEBACK, make_app
from engine.cli.console import out, print_pairs, progress_bar, report_failed
from engine.data.formats.kinestate_npz import save_clip
from engine.errors import InputError, file_error, printable
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17
from engine.progress import Cancelled
from engine.training.ship import ship

NINES = "9" * 5000
ESCAPE = "\x1b[31m\x9b2J\u202e"


def ended(error: BaseException, env: dict[str, str] | None = None):
    """The end of a command that raises this."""

    def command() -> None:
        raise error

    def other() -> None:
        pass

    return CliRunner().invoke(make_app({"command": command, "other": other}), ["command"], env=env)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (file_error("a.bvh", "Frames", "is -1", "repair it"), 2, "a.bvh: Frames is -1; repair it."),
        (OSError(36, "File name too long", "x/" + "a" * 300), 2, "cannot be read or written (File name too long)"),
        (PermissionError(13, "Permission denied", b"a\xff"), 2, "a\\udcff: cannot be read or written"),
        (MemoryError(), 2, "There is not enough memory for this; give a shorter clip"),
        (KeyboardInterrupt(), 130, "Stopped."),
        (Cancelled(), 130, "Stopped."),
        (RecursionError("deep\nand " + ESCAPE), 1, "This is a fault of the program (RecursionError: deep and \\u001b"),
        (typer.Exit(7), 7, ""),
    ],
)
def test_what_a_command_raises(error, code, said):
    result = ended(error)
    assert (result.exit_code, result.output.count("\n")) == (code, 1 if said else 0)
    assert said in result.output and "Traceback" not in result.output


def test_who_looks_for_a_fault_sees_it():
    assert isinstance(ended(ValueError("x"), {TRACEBACK: "1"}).exception, ValueError)


def test_names_from_files_are_text_for_the_terminal(capsys):
    name = f"[/z] [bold]a[/bold] :smile: {ESCAPE} \udcff"
    out.print(name)
    print_pairs([(name, name)])
    report_failed({name: name}, 2)
    with progress_bar() as say:
        say(0.5, name)
    found = capsys.readouterr()
    assert not set("\x1b\x9b\u202e\udcff") & {*found.out, *found.err}
    assert found.out.count("[/z] [bold]a[/bold] :smile:") == 3 and "\\u001b[31m" in found.err
    assert str(InputError(name)) == printable(name)
    with pytest.raises(InputError, match="None of the 2 clips"):
        report_failed({"a": "x", "b": "y"}, 2)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("rtsp://u:p@ss@host:554/a@b", "rtsp://host:554/a@b"),
        ("of http://me:x@h/v?user=a&pwd=b&c=1, twice", "of http://h/v?user=a&pwd=&c=1, twice"),
        ("rtsp://1.2.3.4/user=admin&password=abc&channel=1", "rtsp://1.2.3.4/user=admin&password=&channel=1"),
        ("a@b.c and http://host/@x", "a@b.c and http://host/@x"),
    ],
)
def test_messages_do_not_tell_a_login(given, told):
    error = InputError(given, detail=given)
    assert (str(error), error.detail) == (told, told)


def test_a_message_has_an_end():
    assert len(str(InputError("a" * 10**6 + "; repair it."))) < 1300
    assert str(InputError("a" * 10**6 + "; repair it.")).endswith("; repair it.")


@pytest.fixture
def clip(tmp_path):
    frames = np.random.default_rng(0).normal(size=(4, 17, 3))
    path = tmp_path / "clip.npz"
    save_clip(path, MotionClip("a", np.arange(4) / 30, frames, H36M_17, category=f"[/z] {ESCAPE}"))
    return path


WRONG = {
    "long": ["info", "a" * 300],
    "deep": ["info", "a/" * 3000],
    "no file": ["info", "[/z]"],
    "rate": ["info", "CLIP", "--rate-hz", "nan"],
    "unit": ["info", "CLIP", "--unit", NINES],
    "tiny unit": ["info", "CLIP", "--unit", "1e-300"],
    "frames": ["eval", "--clip", "CLIP", "--model", "zero_motion", "--frames", f"0:{NINES}"],
    "levels": ["sweep", "--clip", "CLIP", "--model", "zero_motion", "--rates", NINES],
    "contexts": ["bench", "streaming", "--contexts", NINES],
    "read only": ["export", "--clip", "CLIP", "--out", "/proc/a.csv"],
    "long output": ["export", "--clip", "CLIP", "--out", f"{'a' * 300}.csv"],
    "no data": ["train", "--model", "hummuss_small", "--data", "nowhere", "--out", "run"],
    "run in a file": ["train", "--model", "hummuss_small", "--data", "nowhere", "--out", "CLIP"],
    "no run": ["ship", "--model", "hummuss_small", "--run", "nowhere", "--data", "nowhere"],
    "no page": ["ship", "--model", "hummuss_small", "--run", "DAMAGED", "--data", "nowhere", "--page", "nowhere.md"],
    "damaged run": ["ship", "--model", "hummuss_small", "--run", "DAMAGED", "--data", "nowhere"],
    "damaged training": ["train", "--model", "hummuss_small", "--data", "nowhere", "--out", "DAMAGED"],
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.slow
def test_what_a_person_can_cause(tmp_path, clip, name):
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for file in ("checkpoint.pt", "train.npz", "val.npz", "data.json"):
        (damaged / file).write_text("garbage")
    words = [{"CLIP": str(clip), "DAMAGED": str(damaged)}.get(word, word) for word in WRONG[name]]
    ran = run_command(*words, cwd=tmp_path)
    lines = [line for line in ran.said.strip().splitlines() if not line.startswith("reading the train split")]
    assert ran.code == 2 and ran.fine() and len(lines) == 1 and lines[0].endswith("."), ran.said


def test_a_home_is_not_needed(clip):
    ran = run_command("info", clip, env={"HOME": "", "XDG_DATA_HOME": ""})
    assert ran.code == 0 and ran.fine() and "\\u001b[31m" in ran.said, ran.said
    assert not set("\x1b\x9b\u202e") & set(ran.said)


@pytest.mark.parametrize("name", [b"bad\xff.npz", b"[/z].npz", b"esc\x1b[31m.npz"])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_of_any_bytes(tmp_path, clip, name, locale):
    path = tmp_path / os.fsdecode(name)
    clip.rename(path) if b"/" not in name else None
    file = path if path.exists() else clip
    surroundings = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ran = run_command("export", "--clip", file, "--out", file.with_suffix(".csv"), env=surroundings)
    assert ran.code == 0 and ran.fine() and file.with_suffix(".csv").exists(), ran.said
    assert "\x1b" not in ran.said


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is another thing there")
@pytest.mark.slow
def test_ctrl_c_at_any_moment_of_the_start():
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    for delay in (0.15, 0.25, 0.4, 0.6):
        command = [sys.executable, "-m", "engine.cli", "doctor"]
        with subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            time.sleep(delay)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        assert b"engine/cli" not in said, said.decode()


def test_the_run_of_another_model_is_not_shipped(tmp_path: Path):
    foreign = {"averaged": {"weight": torch.zeros(3)}, "config": "{}", "progress": {}, "optimiser": {"state": {}}}
    torch.save(foreign, tmp_path / "checkpoint.pt")
    with pytest.raises(InputError, match=r"checkpoint\.pt: content is damaged, or of another run; give another folder"):
        ship(tmp_path, "hummuss_small", to=tmp_path / "shipped")
    assert not (tmp_path / "shipped").exists()
