"""Released weights for MV-SSM's front end: PoseResNet-50, as VoxelPose and MVGFormer save it (mv_ssm.md, A7)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import file_error

if TYPE_CHECKING:
    from engine.models.mv_ssm.network import MVSSM

UNUSED = "final_layer."
"""The heat map's convolution, whose joints may be others."""
REMEDY = "give a PoseResNet-50 with conv1, bn1, layer1 to layer4 and deconv_layers, as VoxelPose saves it"


def load_front_end(network: MVSSM, file: Path) -> str:
    """Give a network's frozen front end the weights of a file; what they were, in words.

    The file may hold a whole network whose front end is named `backbone`. It never runs code. Raises InputError for a
    file that is missing, damaged, or of another network; ValueError for a network without a front end.
    """
    from engine.models.checkpoint import COUNTS, read_checkpoint

    if network.backbone is None:
        raise ValueError("this network has no front end")
    held = read_checkpoint(file)
    own = network.backbone.state_dict()
    used = [name for name in own if not name.startswith(UNUSED) and not name.endswith(COUNTS)]
    for name in used:
        tensor = own[name]
        if name not in held.state:
            raise file_error(file, name, "is not there", REMEDY)
        if held.state[name].shape != tensor.shape:
            sizes = " instead of ".join("x".join(map(str, x.shape)) for x in (held.state[name], tensor))
            raise file_error(file, name, f"is {sizes}", REMEDY)
    network.backbone.load_state_dict({name: held.state[name] for name in used}, strict=False)
    return held.found
