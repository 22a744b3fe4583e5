"""PoseResNet-50: a ResNet-50 with three transposed convolutions, named as in VoxelPose's checkpoints."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

BLOCKS, WIDTHS = (3, 4, 6, 3), (64, 128, 256, 512)


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3 with the stride, 1 x 1 to four times the width; a residual around them."""

    def __init__(self, given: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(given, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        changed = stride != 1 or given != 4 * width
        self.downsample = (
            nn.Sequential(nn.Conv2d(given, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))
            if changed
            else None
        )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class PoseResNet50(nn.Module):
    """Pictures (V, 3, H, W), normalised as ImageNet's, -> three maps (V, 256, ·, ·) at strides 4, 8, 16.

    The maps are the transposed convolutions' raw outputs; the next stage goes on from their norm and ReLU. The heat
    map's convolution is in the checkpoints and is not used.
    """

    def __init__(self, joints: int = 15, width: int = 256) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False), nn.BatchNorm2d(64)
        given = 64
        for number, (blocks, inner) in enumerate(zip(BLOCKS, WIDTHS, strict=True), 1):
            stride = 1 if number == 1 else 2
            stages = [Bottleneck(given, inner, stride), *(Bottleneck(4 * inner, inner, 1) for _ in range(blocks - 1))]
            self.add_module(f"layer{number}", nn.Sequential(*stages))
            given = 4 * inner
        up: list[nn.Module] = []
        for _ in range(3):
            up += [nn.ConvTranspose2d(given, width, 4, 2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            given = width
        self.deconv_layers = nn.Sequential(*up)
        self.final_layer = nn.Conv2d(width, joints, 1)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(pictures))), 3, 2, padding=1)
        for number in range(1, 5):
            x = self.get_submodule(f"layer{number}")(x)
        maps: list[Tensor] = []
        for layer in self.deconv_layers:
            x = layer(x)
            if isinstance(layer, nn.ConvTranspose2d):
                maps.insert(0, x)
        return maps
