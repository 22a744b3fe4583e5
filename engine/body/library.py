"""The bodies that are installed, by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from engine import paths
from engine.body.model import Body, from_smpl_axes
from engine.body.smpl_search import load_smpl, smpl_files
from engine.errors import InputError

MANNEQUIN = "kinestate"
"""The body that comes with the program."""


_added: dict[str, Body] = {}
_licensed: dict[str, Body] = {}


def names() -> list[str]:
    """Names of every body that can be asked for; licensed files are found, not read."""
    return list(dict.fromkeys([*_files(), *smpl_files(), *_added]))


def add(body: Body) -> None:
    """Know one more body, in place of one of the same name."""
    _added[body.name] = body


def body(name: str = MANNEQUIN) -> Body:
    """The body of a name. Raises InputError for one that is not installed or whose file is refused."""
    known = _added.get(name) or _licensed.get(name)
    if known is not None:
        return known
    if name in _files():
        return load(_files()[name])
    if file := smpl_files().get(name):
        return _licensed.setdefault(name, load_smpl(file))
    raise InputError(f"The body {name} is not installed; choose one of {', '.join(names()) or 'none'}.")


def forget_licensed() -> None:
    """Read the licensed files again when they are asked for: some have been replaced."""
    _licensed.clear()


def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted(paths.BODY.glob("kinestate*.npz"))}


@cache
def load(path: Path) -> Body:
    """A body that `engine.body.bake` wrote."""
    with np.load(path, allow_pickle=False) as npz:
        regressors = {key.removeprefix("regressor "): npz[key] for key in npz if key.startswith("regressor ")}
        controls = (tuple(map(str, npz["control_names"])), npz["control_to_shape"].astype(float))
        return from_smpl_axes(
            path.stem,
            template=npz["v_template"].astype(float),
            faces=npz["f"],
            shape_directions=npz["shapedirs"],
            pose_directions=npz["posedirs"],
            joint_regressor=npz["J_regressor"],
            weights=npz["weights"],
            regressors={key: value.astype(float) for key, value in regressors.items()},
            controls=controls,
            about=str(npz["about"]),
        )
