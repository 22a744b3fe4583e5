"""STAMPose (Kim and Park, ACCV 2026): attention over joints and selective scans over frames, in turn.

Layers, sizes and parameter names are those of the released code, so that its checkpoints load. The blocks over frames
("DC-TSSM") put a bidirectional selective scan and a depth-wise convolution side by side instead of gating one by the
other.

The released scan flattens joints and frames to one sequence: the state in which it leaves a joint is that in which it
enters the next one, ahead and back. Here every joint starts anew; `STAMPoseConfig.legacy_scan` is the released one.

S has 1,009,411 parameters. The published 0.8 M are 844,291, what thop counts: linear layers, convolutions and norms.
It does not see the scans' parameters (x_proj_weight, dt_projs_weight, dt_projs_bias, A_logs, Ds: 14,848 for each of the
ten) and the tables of positions (16,640), which modules hold as bare tensors (`engine.models.counting`).

`rate` multiplies Δ of the scans, a step of which is a step in time. Convolutions and table count frames. The scans run
both ways, so there is no streaming.
"""

from __future__ import annotations

from engine.models.lifting.alternating import JOINTS, Alternating, ScanBlock
from engine.models.network import SSMLayer
from engine.models.stampose.blocks import AttentionBlock, TimeScan
from engine.models.stampose.config import STAMPoseConfig


class STAMPose(Alternating):
    """The lifting network, blind to the confidence with two channels."""

    def __init__(self, config: STAMPoseConfig) -> None:
        super().__init__(
            config,
            space=lambda drop: AttentionBlock(config.width, config.heads, drop),
            time=lambda drop: ScanBlock(config.width, TimeScan(config), drop),
        )
        self.config = config

    def ssm_layers(self) -> list[SSMLayer]:
        found = []
        for number, (path, scan) in enumerate(self._scans()):
            assert isinstance(scan, TimeScan)
            found += scan.ssm_layers(path, f"Block {number + 1}")
        return found

    def macs_per_frame(self, frames: int) -> int:
        """With the attention's two products, over the joints of a frame."""
        return super().macs_per_frame(frames) + self.config.depth * 2 * JOINTS**2 * self.config.width
