"""Licensed body files on this machine: where they are looked for, and how new ones are put there."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.body.model import Body
from engine.body.smpl_files import read_body
from engine.errors import InputError, file_error
from engine.paths import BODY, user_data
from engine.untrusted.archive import is_archive, unpack
from engine.untrusted.limits import read_head
from engine.writing import scratch_folder, written_beside

SMPL_VARIABLE = "KINESTATE_SMPL"
DEEPEST = 4
"""Folders below a place that are looked into: models/smplh/male/model.npz is three."""

_GENDERS = {"neutral": "neutral", "n": "neutral", "male": "male", "m": "male", "female": "female", "f": "female"}
_FILE = re.compile(r"(smplx|smplh|smpl)_(neutral|male|female)\.(?:npz|pkl)", re.IGNORECASE)
_SHIPPED = re.compile(r"basicmodel_(neutral|m|f)_lbs_10_207_0_v\d+(?:\.\d+)*\.(?:npz|pkl)", re.IGNORECASE)
_FOLDER = re.compile(r"(neutral|male|female)", re.IGNORECASE)
_NAMES = {"SMPL": "smpl", "SMPL-H": "smplh", "SMPL-X": "smplx"}


@dataclass(frozen=True)
class SmplFile:
    """A file that goes by the name of a licensed model; name in the library: "smplh_male"."""

    name: str
    path: Path

    @property
    def model(self) -> str:
        """ "SMPL", "SMPL-H" or "SMPL-X"."""
        return next(model for model, short in _NAMES.items() if short == self.name.split("_")[0])


def smpl_places() -> list[Path]:
    """Folders in which the licensed files are looked for, in this order."""
    given = [Path(p) for p in os.environ.get(SMPL_VARIABLE, "").split(os.pathsep) if p]
    return [*given, smpl_folder(), BODY]


def smpl_folder() -> Path:
    """The folder that `install` puts files into."""
    return user_data() / "smpl"


def smpl_files() -> dict[str, SmplFile]:
    """The files in `smpl_places` by the name of their body; of several with one name the first. Reads none of them."""
    found: dict[str, SmplFile] = {}
    for place in smpl_places():
        for file in files_in(place):
            found.setdefault(file.name, file)
    return found


def files_in(place: Path) -> list[SmplFile]:
    """The files in and below a folder whose names are usual ones, sorted."""
    found = []
    for folder, folders, names in os.walk(place, followlinks=True):
        here = Path(folder)
        folders[:] = sorted(folders) if len(here.relative_to(place).parts) < DEEPEST else []
        found += [SmplFile(name, here / file) for file in sorted(names) if (name := name_of(here / file))]
    return found


def name_of(path: Path) -> str:
    """The library's name of a body by that of its file in the usual layouts; "" for other files."""
    if match := _FILE.fullmatch(path.name):
        return f"{match[1].lower()}_{match[2].lower()}"
    if match := _SHIPPED.fullmatch(path.name):
        return f"smpl_{_GENDERS[match[1].lower()]}"
    if path.name == "model.npz" and (match := _FOLDER.fullmatch(path.parent.name)):
        model = "smplx" if "smplx" in path.parent.parent.name.lower().replace("-", "") else "smplh"
        return f"{model}_{match[1].lower()}"
    return ""


def load_smpl(file: SmplFile) -> Body:
    """The body of a file. Raises InputError, also where the file holds another model than its name says."""
    model, body = read_body(file.path, file.name)
    if model != file.model:
        remedy = "give it the name of the model that it holds"
        raise file_error(file.path, "file", f"holds {model}, not what its name says", remedy)
    return body


def install(given: Path, done: Callable[[SmplFile], None] = lambda _: None) -> list[SmplFile]:
    """Check model files and copy them into `smpl_folder`: one file, or all that a folder or an archive holds.

    A single file may have any name. `done` is told of each. Raises InputError for the first that is refused, and where
    there is none.
    """
    with _opened(given) as (place, single):
        chosen = [place] if single else list({file.name: file.path for file in reversed(files_in(place))}.values())
        if not chosen:
            raise file_error(
                given, "folder", "holds no file of SMPL, SMPL-H or SMPL-X by its usual name", "choose the model's file"
            )
        installed = []
        for path in chosen:
            installed.append(_copied(path))
            done(installed[-1])
    return installed


def _copied(path: Path) -> SmplFile:
    model, _ = read_body(path)
    name = f"{_NAMES[model]}_{_gender_of(path)}"
    suffix = ".npz" if read_head(path).startswith(b"PK") else ".pkl"
    target = smpl_folder() / f"{name.split('_')[0].upper()}_{name.split('_')[1].upper()}{suffix}"
    if target.exists() and target.samefile(path):
        return SmplFile(name, target)
    try:
        with written_beside(target) as part:
            shutil.copyfile(path, part)
        for other in {".npz", ".pkl"} - {suffix}:  # the new one takes the place of one that was there
            target.with_suffix(other).unlink(missing_ok=True)
    except (OSError, InputError) as error:
        problem, remedy = f"cannot be copied to {smpl_folder()}", "make room there"
        raise file_error(path, "file", problem, remedy, detail=str(error)) from None
    return SmplFile(name, target)


def _gender_of(path: Path) -> str:
    """The gender that the names of file and folder say, neutral where they say none."""
    words = re.split(r"[^a-z]+", path.stem.lower())
    folder = path.parent.name.lower() if _FOLDER.fullmatch(path.parent.name) else "neutral"
    return next((_GENDERS[word] for word in reversed(words) if word in _GENDERS), folder)


@contextmanager
def _opened(given: Path) -> Iterator[tuple[Path, bool]]:
    """A path, unpacked if it is an archive, and whether it is a single file."""
    if given.is_dir():
        yield given, False
    elif not is_archive(read_head(given), given):
        yield given, True
    else:
        with scratch_folder() as folder:
            unpack(given, Path(folder))
            yield Path(folder), False
