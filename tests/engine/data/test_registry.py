"""Any path: the reader is chosen by content; folders, archives and index.csv."""

import csv
import io
import os
import stat
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import motion_samples as samples
import numpy as np
import pytest

from engine.data import registry
from engine.data.formats import kinestate_npz
from engine.data.index_csv import read_index
from engine.data.reader import Format
from engine.data.registry import FORMATS, expand, open_motion
from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.untrusted.limits import LIMITS

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT.parent / "shared" / "data" / "cmu"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the CMU data are not beside the repository")

SAMPLES = {
    "BVH": ("a.bvh", samples.bvh, MotionClip),
    "AMASS npz": ("a.npz", samples.amass, MotionClip),
    "Human3.6M npz": ("a.npz", samples.h36m_3d, MotionClip),
    "MPI-INF-3DHP npz": ("a.npz", samples.mpi_inf_3dhp, MotionClip),
    "3DPW pickle": ("a.pkl", samples.threedpw, MotionClip),
    "SMPL parameters (AIST++, 4D-Humans, GVHMR, ROMP, VIBE, WHAM)": ("a.pkl", samples.aist, MotionClip),
    "joint arrays in npy, npz or pickle": ("a.npy", samples.joint_array, MotionClip),
    "C3D": ("a.c3d", lambda path: samples.c3d_file(path, H36M_17.names, 1000 * samples.walking()), MotionClip),
    "TRC": ("a.trc", samples.trc_markers, MotionClip),
    "NTU RGB+D skeleton": ("a.skeleton", samples.ntu_skeleton, MotionClip),
    "PYSKL pickle": ("a.pkl", samples.pyskl, Keypoints2D),
    "3D keypoint JSON (MMPose 3D, CMU Panoptic, MediaPipe)": ("a.json", samples.mmpose_3d, MotionClip),
    "MotionBERT pickle": ("a.pkl", samples.motionbert, MotionClip),
    "keypoint JSON (COCO, OpenPose, AlphaPose, MMPose)": ("a.json", samples.mmpose, Keypoints2D),
}


def kinestate(path: Path, frames: int = 4) -> Path:
    clip = MotionClip(path.stem, np.arange(frames) / 60, samples.walking(frames), H36M_17)
    kinestate_npz.save_clip(path, clip)
    return path


def refused(path, match: str, **options) -> None:
    with pytest.raises(InputError, match=match) as caught:
        open_motion(path, **options)
    assert "\n" not in str(caught.value)


# -- By content -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_the_reader_is_chosen_by_content(tmp_path, name):
    file, write, kind = SAMPLES[name]
    path = write(tmp_path / file).rename(tmp_path / "anything.dat")
    opened = open_motion(path)
    assert isinstance(opened, kind)
    assert opened.name.startswith("anything")
    found = expand(path)[0]
    assert found.format.name == name
    assert found.origin == str(path)


def test_own_npz(tmp_path):
    opened = open_motion(kinestate(tmp_path / "walk.npz"))
    np.testing.assert_array_equal(opened.positions, samples.walking(4))


def test_exactly_one_reader_knows_each_file(tmp_path):
    for file, write, _ in SAMPLES.values():
        path = write(tmp_path / file)
        head = path.read_bytes()[:4096]
        assert sum(f.load().matches(head, path) for f in FORMATS) == 1


def test_a_folder_of_openpose_frames(tmp_path):
    opened = open_motion(samples.openpose_folder(tmp_path / "walk"))
    assert isinstance(opened, Keypoints2D) and len(opened) == 6 and opened.name == "walk"


def test_every_sequence_of_a_file(tmp_path):
    path = samples.h36m_3d(tmp_path / "data.npz")
    found = expand(path)
    assert [s.name for s in found] == ["data S1/Walking 1", "data S9/Sitting"]
    assert [len(s.open()) for s in found] == [6, 3]
    assert found[1].open(rate_hz=25).provenance.rate == "25 Hz as given"


def test_importing_the_registry_is_cheap():
    """No NumPy, no torch, well under the start-up budget."""
    code = (
        "import sys, time; t = time.process_time(); import engine.data.registry; t = time.process_time() - t;"
        "print(t, 'numpy' in sys.modules, 'torch' in sys.modules, 'scipy' in sys.modules)"
    )
    best = 9.0
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
        seconds, *loaded = done.stdout.split()
        assert loaded == ["False"] * 3
        best = min(best, float(seconds))
    assert best < 0.15


# -- Readers from outside ---------------------------------------------------------------------------


class TwoPeople:
    """A reader of a format whose files hold two sequences."""

    def matches(self, head, path):
        return head.startswith(b"two people")

    def contents(self, path):
        return ["first", "second"]

    def read(self, path, *, rate_hz=None, unit=None, up=None, select=None):
        frames = 3 if select == "second" else 2
        return MotionClip(path.stem, np.arange(frames) / (rate_hz or 60), samples.walking(frames), H36M_17)


class OnePerson:
    def matches(self, head, path):
        return head.startswith(b"one person") or (path.is_dir() and (path / "person").is_file())

    def read(self, path, *, rate_hz=None, unit=None, up=None):
        return MotionClip(path.stem, np.arange(4) / 60, samples.walking(4), H36M_17)


@pytest.fixture
def readers_from_outside(monkeypatch):
    monkeypatch.setattr(registry, "FORMATS", list(FORMATS))
    registry.add(Format("two people", TwoPeople, (".two",), text=True))
    registry.add(Format("one person", OnePerson, (".one",)))


def test_a_reader_from_outside(tmp_path, readers_from_outside):
    assert [f.name for f in registry.FORMATS[-2:]] == ["two people", "one person"]
    (tmp_path / "a.two").write_text("two people")
    (tmp_path / "b.one").write_text("one person")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "person").touch()
    assert [s.name for s in expand(tmp_path / "a.two")] == ["a first", "a second"]
    assert [len(s.open()) for s in expand(tmp_path)] == [2, 3, 4, 4]
    assert open_motion(tmp_path / "a.two", select="second", rate_hz=30).rate_hz == pytest.approx(30)
    refused(tmp_path / "b.one", "a one person file holds one sequence, so leave out 'x'", select="x")
    (tmp_path / "note.txt").write_text("hello")
    refused(tmp_path / "note.txt", r"content is of no known format; give BVH, .*, two people or one person\.$")


def test_a_format_s_name_is_its_own(readers_from_outside):
    with pytest.raises(ValueError, match="a format 'two people'"):
        registry.add(Format("two people", OnePerson, ()))


# -- Bad input --------------------------------------------------------------------------------------


def test_what_cannot_be_opened(tmp_path, monkeypatch):
    refused(tmp_path / "none.bvh", r"^none\.bvh: file does not exist")
    refused(tmp_path, "is a folder; give a motion file")
    (tmp_path / "empty.bvh").touch()
    refused(tmp_path / "empty.bvh", r"^empty\.bvh: file is empty")
    (tmp_path / "note.txt").write_text("hello")
    refused(
        tmp_path / "note.txt",
        r"^note\.txt: content is of no known format; give BVH, .* or video\.$",
    )
    (tmp_path / "dance.fbx").write_bytes(b"Kaydara FBX Binary  \x00\x1a\x00")
    refused(tmp_path / "dance.fbx", r"^dance\.fbx: this is an FBX file, which is not read; open it in Blender .*\.bvh")
    (tmp_path / "text.fbx").write_text("; FBX 7.4.0 project file")
    refused(tmp_path / "text.fbx", r"^text\.fbx: this is an FBX file in text.*; convert it to binary FBX")
    (tmp_path / "walk.mp4").write_bytes(b"\x00\x00\x00\x20ftypisom" + bytes(40))
    refused(tmp_path / "walk.mp4", r"^walk\.mp4: video cannot be opened; choose another file")
    samples.dump(tmp_path / "package.json", {"name": "x"})
    refused(tmp_path / "package.json", r"^package\.json: content is of no known format; give BVH")
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    refused(tmp_path / "other.npz", r"^other\.npz: content is of no known format")
    refused("a\0b", "cannot be opened")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = samples.bvh(tmp_path / "a.bvh")
    path.chmod(0)
    if os.geteuid() == 0:  # root may read anything: let the system say no
        real = Path.open

        def no(self, *args, **kwargs):
            if self == path:
                raise PermissionError(13, "Permission denied")
            return real(self, *args, **kwargs)

        monkeypatch.setattr(Path, "open", no)
    refused(path, r"^a\.bvh: file may not be read by you; ask for permission or copy it\.$")


@pytest.mark.parametrize(
    ("name", "start"), [("a.bvh", b"HIERARCHY\nROOT"), ("a.json", b'[{"image_id": 0, "keypoints": [')]
)
def test_a_file_of_2_gb_is_refused_before_it_is_read(tmp_path, name, start):
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(start)
        file.truncate(2 * 10**9)
    began = time.process_time()
    refused(path, rf"^{name}: size is 1\.86 GiB, above the limit of 1\.00 GiB; cut it or raise the limit\.$")
    assert time.process_time() - began < 1


def test_limits_can_be_changed(tmp_path, monkeypatch):
    path = samples.bvh(tmp_path / "a.bvh")
    monkeypatch.setattr(LIMITS, "text", 100)
    refused(path, "above the limit of 0.00 MiB")


def test_select_where_there_is_nothing_to_select(tmp_path):
    refused(samples.bvh(tmp_path / "a.bvh"), "a BVH file holds one sequence, so leave out 'x'", select="x")


def test_a_readers_oversight_is_still_one_sentence(tmp_path, monkeypatch):
    from engine.data.formats import bvh

    def broken(path, **options):
        raise ZeroDivisionError("oversight")

    monkeypatch.setattr(bvh, "read", broken)
    with pytest.raises(InputError, match=r"^a\.bvh: content is not valid BVH; export it again\.$") as caught:
        open_motion(samples.bvh(tmp_path / "a.bvh"))
    assert "ZeroDivisionError: oversight" in caught.value.detail


# -- Folders and archives ---------------------------------------------------------------------------


def tree(folder: Path) -> Path:
    (folder / "b" / ".hidden").mkdir(parents=True)
    (folder / "a").mkdir()
    samples.bvh(folder / "b" / "one.bvh")
    samples.bvh(folder / "a" / "one.bvh")
    kinestate(folder / "two.npz")
    samples.openpose_folder(folder / "a" / "frames")
    samples.bvh(folder / "b" / ".hidden" / "no.bvh")
    (folder / "b" / "readme.txt").write_text("no motion")
    (folder / "b" / "empty.bvh").touch()
    return folder


NAMES = ["two", "a/one.bvh", "frames", "b/one.bvh"]


def pack(folder: Path, path: Path) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in folder.rglob("*"):
                archive.write(file, file.relative_to(folder))
    else:
        with tarfile.open(path, f"w:{path.suffix[1:]}" if path.suffix != ".tar" else "w") as archive:
            archive.add(folder, ".")
    return path


def test_a_folder(tmp_path):
    found = expand(tree(tmp_path / "x"))
    assert sorted(s.name for s in found) == sorted(NAMES)
    assert [s.name for s in found] == [s.name for s in expand(tmp_path / "x")]
    assert all(len(s.open()) for s in found)


@pytest.mark.parametrize("suffix", [".tar.xz", ".tar.gz", ".tar.bz2", ".tar", ".zip"])
def test_archives_hold_what_the_folder_holds(tmp_path, suffix):
    path = pack(tree(tmp_path / "x"), tmp_path / f"packed{suffix}")
    found = expand(path)
    assert [s.name for s in found] == [s.name for s in expand(tmp_path / "x")]
    assert found[1].origin == f"{path}::a/{'frames' if found[1].name == 'frames' else 'one.bvh'}"
    opened = next(s for s in found if s.name == "b/one.bvh").open()
    assert opened.provenance.source == f"{path}::b/one.bvh"
    refused(path, "is an archive; open one of the files in it")


def test_the_unpacked_archive_goes_with_its_sources(tmp_path):
    found = expand(pack(tree(tmp_path / "x"), tmp_path / "packed.zip"))
    place = found[0].path
    del found[1:]
    assert place.exists()
    found.clear()
    assert not place.exists()


def test_nothing_to_open(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "readme.txt").write_text("hello")
    with pytest.raises(InputError, match=r"^x: this holds no motion; give BVH"):
        expand(tmp_path / "x")


def hostile_tar(path: Path, **member) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo(member.pop("name"))
        data = b"x"
        info.size = len(data)
        for key, value in member.items():
            setattr(info, key, value)
        archive.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return path


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ({"name": "../escaped.bvh"}, "outside of its folder"),
        ({"name": "a/../../escaped.bvh"}, "outside of its folder"),
        ({"name": "/escaped.bvh"}, "outside of its folder"),
        ({"name": "C:\\escaped.bvh"}, "outside of its folder"),
        ({"name": "link.bvh", "type": tarfile.SYMTYPE, "linkname": "/etc/passwd", "size": 0}, "is a link"),
        ({"name": "hard.bvh", "type": tarfile.LNKTYPE, "linkname": "x", "size": 0}, "is a link"),
        ({"name": "device", "type": tarfile.CHRTYPE, "size": 0}, "is a link or a device"),
    ],
)  # fmt: skip
def test_hostile_tar(tmp_path, member, message):
    (tmp_path / "in").mkdir()
    path = hostile_tar(tmp_path / "in" / "bad.tar.gz", **member)
    with pytest.raises(InputError, match=rf"^bad\.tar\.gz: member .* {message}"):
        expand(path)
    assert not list(tmp_path.rglob("escaped*"))


def test_hostile_zip(tmp_path):
    for name, mode in (("../escaped.bvh", 0), ("link.bvh", stat.S_IFLNK | 0o777)):
        with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, "/etc/passwd")
        with pytest.raises(InputError, match=r"^bad\.zip: member"):
            expand(tmp_path / "bad.zip")


def test_archive_limits(tmp_path, monkeypatch):
    path = pack(tree(tmp_path / "x"), tmp_path / "big.tar.xz")
    monkeypatch.setattr(LIMITS, "unpacked", path.stat().st_size + 100)
    with pytest.raises(InputError, match=r"^big\.tar\.xz: size is .* above the limit"):
        expand(path)
    monkeypatch.setattr(LIMITS, "unpacked", 1 << 30)
    monkeypatch.setattr(LIMITS, "members", 3)
    with pytest.raises(InputError, match="holds more than 3 files"):
        expand(path)


@pytest.mark.parametrize("suffix", [".tar.xz", ".tar.gz", ".zip"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_archives_cut_off(tmp_path, suffix, share):
    path = pack(tree(tmp_path / "x"), tmp_path / f"cut{suffix}")
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(InputError, match=r"is damaged|cannot be unpacked|no known format"):
        expand(path)


# -- index.csv --------------------------------------------------------------------------------------


def index(folder: Path, *rows: dict) -> Path:
    with (folder / "index.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ["file", "fps", "discard_first", "category", "subject", "bytes"])
        table.writeheader()
        table.writerows(rows)
    return folder / "index.csv"


ROW = {"file": "b/one.bvh", "fps": "50", "discard_first": "1", "category": "walking", "subject": "7"}


def check_indexed(sources) -> None:
    indexed = next(s for s in sources if s.name == "b/one.bvh")
    clip = indexed.open()
    assert len(clip) == 2 and clip.rate_hz == pytest.approx(50)
    assert (clip.category, clip.subject) == ("walking", "7")
    assert clip.provenance.rate == "50 Hz from index.csv"
    assert "First 1 frames dropped as index.csv says." in clip.provenance.notes
    assert clip.times[0] == 0
    given = indexed.open(rate_hz=25)
    assert given.rate_hz == pytest.approx(25) and given.provenance.rate.endswith("as given")
    other = next(s for s in sources if s.name == "a/one.bvh").open()
    assert len(other) == 3 and other.rate_hz == pytest.approx(100)


def test_index_beside_or_inside(tmp_path):
    folder = tree(tmp_path / "x")
    archive = pack(folder, tmp_path / "packed.tar.gz")
    index(tmp_path, ROW)
    check_indexed(expand(folder))
    check_indexed(expand(archive))
    (tmp_path / "index.csv").rename(folder / "index.csv")
    check_indexed(expand(folder))
    check_indexed(expand(pack(folder, tmp_path / "packed.zip")))


def test_index_above_a_single_file(tmp_path):
    index(tree(tmp_path / "x"), ROW)
    (source,) = expand(tmp_path / "x" / "b" / "one.bvh")
    assert len(source.open()) == 2
    assert len(open_motion(tmp_path / "x" / "b" / "one.bvh")) == 3  # the file alone, as it is


def test_a_row_for_a_file_of_another_size_is_not_used(tmp_path):
    index(tree(tmp_path / "x"), ROW | {"bytes": "5"})
    (source,) = expand(tmp_path / "x" / "b" / "one.bvh")
    assert source.row is None


def test_keypoints_by_index(tmp_path):
    samples.coco(tmp_path / "a.json")
    index(tmp_path, {"file": "a.json", "fps": "10", "discard_first": "2"})
    (source,) = expand(tmp_path / "a.json")
    seen = source.open()
    np.testing.assert_allclose(seen.times, np.arange(4) / 10)
    np.testing.assert_allclose(seen.xy[:, 0, 0], 102 + np.arange(4))


@pytest.mark.parametrize("column", ["fps", "discard_first"])
@pytest.mark.parametrize("value", ["fast", "-1", "inf", "nan"])
def test_wrong_numbers_in_the_index(tmp_path, column, value):
    path = index(tmp_path, ROW, ROW | {column: value})
    with pytest.raises(InputError, match=r"^index\.csv: line 3 holds a"):
        read_index(path)


def test_more_frames_to_drop_than_there_are(tmp_path):
    index(tree(tmp_path / "x"), ROW | {"discard_first": "3"})
    (source,) = expand(tmp_path / "x" / "b" / "one.bvh")
    with pytest.raises(InputError, match=r"discard_first in index\.csv is 3 of 3 frames"):
        source.open()


def test_another_programs_index(tmp_path):
    (tmp_path / "index.csv").write_text("a,b\n1,2\n")
    assert read_index(tmp_path / "index.csv") == {}


# -- The real data ----------------------------------------------------------------------------------


@needs_data
@pytest.mark.slow
def test_the_test_split_from_its_archive():
    rows = {r.file: r for r in read_index(DATA / "index.csv").values() if r.split == "test"}
    found = expand(DATA / "test.tar.xz")
    assert {s.member for s in found} == set(rows)
    for source in found:
        clip = source.open()
        row = rows[source.member]
        assert clip.rate_hz == pytest.approx(row.fps)
        assert (clip.category, clip.subject) == (row.category, row.subject)
        assert clip.name == source.name and Path(row.file).stem in clip.name


@needs_data
def test_pairs_find_their_skeleton_one_folder_up():
    found = [s for s in expand(DATA / "pairs.tar.xz") if s.format.name == "ASF/AMC"]
    assert len(found) == 3
    assert all("01.asf" in s.open().provenance.notes[0] for s in found)


@pytest.mark.parametrize("text", ["HIERARCHY\nROOT Hips\n", '[{"image_id": 0, "keypoints": []}]'])
@pytest.mark.parametrize("coding", ["utf-16", "utf-16-be"])
def test_text_in_utf_16_is_named(tmp_path, text, coding):
    path = tmp_path / "a.bvh"
    path.write_bytes((b"" if coding == "utf-16" else b"\xfe\xff") + text.encode(coding))
    with pytest.raises(InputError, match=r"^a\.bvh: content is UTF-16 text; save it as UTF-8\.$"):
        open_motion(path)
