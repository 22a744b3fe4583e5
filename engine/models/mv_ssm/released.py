"""Released weights for MV-SSM's front end: PoseResNet-50, as VoxelPose and MVGFormer save it (mv_ssm.md, A7)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import file_error

if TYPE_CHECKING:
    from torch import Tensor

    from engine.models.checkpoint import State
    from engine.models.mv_ssm.network import MVSSM

UNUSED = "final_layer."
"""The heat map's convolution, whose joints may be others."""
REMEDY = "give a PoseResNet-50 with conv1, bn1, layer1 to layer4 and deconv_layers, as VoxelPose saves it"


def load_front_end(network: MVSSM, file: Path) -> str:
    """Give a network's frozen front end the weights of a file; what they were, in words.

    The file may hold a whole network whose front end is named `backbone`. It never runs code. Raises InputError for a
    file that is missing, damaged, or of another network; ValueError for a network without a front end.
    """
    from engine.models.checkpoint import read_checkpoint

    if network.backbone is None:
        raise ValueError("this network has no front end")
    held = read_checkpoint(file)
    network.load_state_dict(front_end_of(network, held.state, file), strict=False)
    return held.found


def front_end_of(network: MVSSM, held: State, file: Path) -> State:
    """A file's tensors under the names of a network's front end. Raises InputError."""
    from engine.models.checkpoint import BACKBONE, COUNTS

    own = {name: tensor for name, tensor in network.state_dict().items() if name.startswith(BACKBONE)}
    names = {name: name.removeprefix(BACKBONE) for name in own if not name.endswith(COUNTS)}
    used = {name: theirs for name, theirs in names.items() if not theirs.startswith(UNUSED)}
    return renamed(used, held, own, file, REMEDY)


def renamed(names: Mapping[str, str], held: State, own: Mapping[str, Tensor], file: Path, remedy: str) -> State:
    """A file's tensors under a network's own names, which `names` maps to the file's.

    Raises InputError, which names the tensor, for one that lacks or has another shape.
    """
    for name, theirs in names.items():
        if theirs not in held:
            raise file_error(file, theirs, "is not there", remedy)
        if held[theirs].shape != own[name].shape:
            sizes = " instead of ".join("x".join(map(str, x.shape)) for x in (held[theirs], own[name]))
            raise file_error(file, theirs, f"is {sizes}", remedy)
    return {name: held[theirs] for name, theirs in names.items()}
