"""Files appear whole or not at all, with their rights; what killed runs left is cleared."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import InputError
from engine.export import video
from engine.export.video import write_video
from engine.writing import save_bytes, save_json, save_text, scratch_folder, written_beside

ROOT = Path(__file__).parents[2]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_of_before_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    save_text("old", path)
    with written_beside(path) as part:
        part.write_text("new")
        assert (path.read_text(), part.suffix, part.parent) == ("old", ".txt", path.parent)
    assert (path.read_text(), names(path.parent)) == ("new", ["a.txt"])


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError("x")])
def test_what_ends_early_leaves_nothing(tmp_path, error):
    save_text("old", tmp_path / "a.txt")
    expected = InputError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected), written_beside(tmp_path / "a.txt") as part:
        part.write_text("half")
        raise error
    assert ((tmp_path / "a.txt").read_text(), names(tmp_path)) == ("old", ["a.txt"])


def test_a_check_that_fails_keeps_the_old_one(tmp_path):
    save_text("old", tmp_path / "a.txt")

    def check(part: Path) -> None:
        raise OSError(f"{part.read_text()} cannot be read again")

    with (
        pytest.raises(InputError, match=r"a\.txt: file cannot be written") as error,
        written_beside(tmp_path / "a.txt", check=check) as part,
    ):
        part.write_text("new")
    assert error.value.detail == "new cannot be read again"
    assert (tmp_path / "a.txt").read_text() == "old"


def test_nothing_written_is_no_file(tmp_path):
    with pytest.raises(InputError, match="cannot be written"), written_beside(tmp_path / "a.txt"):
        pass
    assert names(tmp_path) == []


def test_rights_and_links_stay(tmp_path):
    path, link = tmp_path / "a.txt", tmp_path / "link.txt"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    save_text("new", link)
    assert link.is_symlink() and path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_device_is_written_straight(tmp_path):
    save_text("x", os.devnull)
    read, write = os.pipe()
    save_text("through", f"/dev/fd/{write}")
    assert os.read(read, 100) == b"through"


@pytest.mark.parametrize("path", ["a" * 300 + ".txt", "here.txt/b.txt", ".", "\0.txt", "/proc/x.txt"])
def test_places_that_cannot_be(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    Path("here.txt").write_text("x")
    with pytest.raises(InputError, match="file cannot be written; choose another folder"):
        save_text("x", path)
    assert names(tmp_path) == ["here.txt"]


def test_json_is_utf_8_whatever_the_locale_and_the_names(tmp_path):
    code = (
        "from engine.writing import save_json, save_text; import os\n"
        "save_json({'name': '\\u0394 \\u00e9 \\udcff'}, 'a.json'); save_text('\\u0394', 'b.txt')"
    )
    surroundings = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=surroundings, check=True)
    assert (tmp_path / "a.json").read_bytes() == '{\n  "name": "Δ é \\udcff"\n}\n'.encode()
    assert (tmp_path / "b.txt").read_text(encoding="utf-8") == "Δ"
    with pytest.raises(ValueError, match="Out of range float"):
        save_json({"a": float("nan")}, tmp_path / "a.json")


def test_what_a_killed_run_left_is_cleared_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = (
        "import os, signal, tempfile; from pathlib import Path; from engine.writing import *\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\n"
        "kept = scratch_folder(); (Path(kept.name) / 'big').write_bytes(b'x')\n"
        f"with written_beside({str(tmp_path / 'a.mp4')!r}) as part:\n"
        "    part.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert killed.returncode == -signal.SIGKILL and len(names(tmp_path)) == 2
    (tmp_path / ".kinestate-other-file").write_text("somebody's own")
    with scratch_folder() as mine, scratch_folder():  # a folder of a run that goes on stays
        save_bytes(b"x", tmp_path / "b.txt")
        assert Path(mine).is_dir()
    assert names(tmp_path) == [".kinestate-other-file", "b.txt"]


# -- Films ------------------------------------------------------------------------------------------

PICTURES = [np.full((32, 48, 3), 20 * k, np.uint8) for k in range(10)]


def test_a_film_is_read_again_before_it_takes_its_place(tmp_path, monkeypatch):
    path = tmp_path / "a.mp4"
    assert write_video(path, PICTURES, 30.0).pictures == 10
    whole = path.read_bytes()
    for kind in (video.H264Encoder, video.Mpeg4Encoder):  # one picture is lost on the way
        write = kind.write
        monkeypatch.setattr(kind, "write", lambda self, p, write=write: write(self, p) if p.any() else None)
    with pytest.raises(InputError, match=r"a\.mp4: video cannot be written") as error:
        write_video(path, PICTURES[:5], 30.0)
    assert "4 of 5 pictures" in error.value.detail
    assert (path.read_bytes() == whole, names(tmp_path)) == (True, ["a.mp4"])


def test_a_film_whose_name_is_not_utf_8(tmp_path):
    path = tmp_path / os.fsdecode(b"bad\xff.mp4")
    write_video(path, PICTURES, 30.0)
    assert names(tmp_path) == [path.name]
    (tmp_path / "copy.mp4").write_bytes(path.read_bytes())
    assert cv2.VideoCapture(str(tmp_path / "copy.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 10
    folder = tmp_path / os.fsdecode(b"folder\xff")
    with pytest.raises(InputError, match="cannot be written"):
        write_video(folder / "a.mp4", PICTURES, 30.0)


def test_a_full_disk_leaves_the_film_of_before(tmp_path):
    """A limit on the size of files stands for the disk: the error is another, where it comes up is the same."""
    path = tmp_path / "a.mp4"
    write_video(path, PICTURES, 30.0)
    whole = path.read_bytes()
    code = (
        "import resource, signal, numpy as np; from engine.export.video import write_video\n"
        "from engine.errors import InputError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "noise = np.random.default_rng(0).integers(0, 255, (60, 128, 128, 3), np.uint8)\n"
        "try:\n    write_video('a.mp4', noise, 30.0)\nexcept InputError as error:\n    print(error)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert "a.mp4: video cannot be written; choose another folder." in done.stdout, done.stderr
    assert (path.read_bytes() == whole, names(tmp_path)) == (True, ["a.mp4"])
