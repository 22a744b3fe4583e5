"""The four calibrated cameras of Human3.6M (specification data_and_metrics.md, section 2.1).

VideoPose3D and the projects built on it project with a form of lens distortion that is not OpenCV's: for
p = (x, y) = X_cam / z clamped to [-1, 1], r2 = |p|^2 and the tangential pair (p1, p2)

    p' = p * (1 + k1 r2 + k2 r2^2 + k3 r2^3 + p1 x + p2 y) + (p1, p2) * r2

where OpenCV's has twice the products and its pair in the other order. `project_as_published` is this form, to
reproduce the 2D ground truth of that code. The `Camera` objects use OpenCV's form with the tangential pair that
comes nearest over the image, 0.7 * (p2, p1): least squares over a square image, since the terms in x^2, y^2 and xy
can't all agree. The two differ by less than half a pixel anywhere in the image, by a tenth on average.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.motion.rotations import quat_to_matrix

Float = NDArray[np.float64]
_Place = tuple[tuple[float, float, float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class Lens:
    """Intrinsics of one camera: pixels, and the radial and tangential terms of the published form."""

    name: str
    image_size: tuple[int, int]
    principal: tuple[float, float]
    focal: tuple[float, float]
    radial: tuple[float, float, float]
    tangential: tuple[float, float]


LENSES = (
    Lens(
        "54138969", (1000, 1002), (512.54150390625, 515.4514770507812), (1145.0494384765625, 1143.7811279296875),
        (-0.20709891617298126, 0.24777518212795258, -0.0030751503072679043),
        (-0.0009756988729350269, -0.00142447161488235),
    ),
    Lens(
        "55011271", (1000, 1000), (508.8486328125, 508.0649108886719), (1149.6756591796875, 1147.5916748046875),
        (-0.1942136287689209, 0.2404085397720337, 0.006819975562393665),
        (-0.0016190266469493508, -0.0027408944442868233),
    ),
    Lens(
        "58860488", (1000, 1000), (519.8158569335938, 501.40264892578125), (1149.1407470703125, 1148.7989501953125),
        (-0.2083381861448288, 0.25548800826072693, -0.0024604974314570427),
        (0.0014843869721516967, -0.0007599993259645998),
    ),
    Lens(
        "60457274", (1000, 1002), (514.9682006835938, 501.88201904296875), (1145.5113525390625, 1144.77392578125),
        (-0.198384091258049, 0.21832367777824402, -0.008947807364165783),
        (-0.0005872055771760643, -0.0018133620033040643),
    ),
)  # fmt: skip

# For each subject and camera: quaternion wxyz of camera -> world, and camera centre in millimetres.
PLACES: dict[str, tuple[_Place, ...]] = {
    "S1": (
        ((0.140705645, -0.150070176, -0.755240798, 0.622328043), (1841.1071, 4955.2847, 1563.4454)),
        ((0.615718782, -0.764836311, -0.148338258, 0.117947407), (1761.2786, -5078.0068, 1606.2650)),
        ((0.146514729, -0.146478519, 0.765302360, -0.609417558), (-1846.7777, 5215.0464, 1491.9724)),
        ((0.583400846, -0.785316229, 0.145488232, -0.147495940), (-1794.7897, -3722.6990, 1574.8927)),
    ),
    "S5": (
        ((0.146737725, -0.162370965, -0.755189300, 0.617893875), (2097.3916, 4880.9448, 1605.7324)),
        ((0.615975857, -0.762679219, -0.157281920, 0.118981503), (2031.7008, -5167.9331, 1612.9231)),
        ((0.142913714, -0.129078418, 0.767838478, -0.611014307), (-1620.5948, 5171.6587, 1496.4370)),
        ((0.592047989, -0.781421781, 0.127474859, -0.150364175), (-1637.1737, -3867.3174, 1547.0332)),
    ),
    "S6": (
        ((0.133789778, -0.156923965, -0.757109046, 0.619887948), (1935.4518, 4950.2456, 1618.0839)),
        ((0.614719748, -0.762881279, -0.161747679, 0.118192449), (1969.8040, -5128.7388, 1632.7788)),
        ((0.152994812, -0.135291308, 0.764609635, -0.611278117), (-1769.5964, 5185.3613, 1476.9934)),
        ((0.591610134, -0.780477405, 0.128322706, -0.156159386), (-1721.6687, -3884.1313, 1540.4879)),
    ),
    "S7": (
        ((0.143524185, -0.163133681, -0.754832864, 0.618882477), (1974.5129, 4926.3545, 1597.8326)),
        ((0.614167273, -0.763826251, -0.159664556, 0.117792994), (1937.0585, -5119.7900, 1631.5665)),
        ((0.145500600, -0.128748164, 0.766051650, -0.612713933), (-1741.8112, 5208.2495, 1464.8246)),
        ((0.591284811, -0.782176435, 0.124454737, -0.151964873), (-1734.7106, -3832.4214, 1548.5830)),
    ),
    "S8": (
        ((0.141105875, -0.155898675, -0.756191730, 0.619644046), (2150.6519, 4896.1611, 1611.9047)),
        ((0.616960168, -0.764766812, -0.148463503, 0.111581579), (2219.9656, -5148.4531, 1613.0441)),
        ((0.147144407, -0.133771196, 0.767012835, -0.610036969), (-1571.2216, 5137.0186, 1498.1761)),
        ((0.592782438, -0.782587051, 0.121478163, -0.146319956), (-1476.9133, -3896.7412, 1547.9722)),
    ),
    "S9": (
        ((0.155405879, -0.155482158, -0.753209531, 0.619959474), (2044.4585, 4935.1172, 1481.2275)),
        ((0.618784487, -0.763473511, -0.141322389, 0.119339682), (1990.9597, -5123.8105, 1568.8048)),
        ((0.133578271, -0.136710048, 0.768945456, -0.610073864), (-1670.9922, 5211.9858, 1528.3879)),
        ((0.587939918, -0.782340705, 0.142761439, -0.147948697), (-1696.0435, -3827.0999, 1591.4127)),
    ),
    "S11": (
        ((0.152324721, -0.154423207, -0.754756331, 0.619107008), (2098.4402, 4926.5547, 1500.2786)),
        ((0.618944943, -0.760091722, -0.153006330, 0.125525832), (2083.1824, -4912.1729, 1561.0786)),
        ((0.149432287, -0.156502277, 0.768123388, -0.602630436), (-1609.8153, 5177.3359, 1537.8967)),
        ((0.589425147, -0.781887710, 0.139912114, -0.147153616), (-1590.7380, -3854.1689, 1578.0176)),
    ),
}


def h36m_cameras(subject: str) -> tuple[Camera, ...]:
    """Return the four cameras of a subject ("S1", ...), world in metres and Z up; none for an unknown subject."""
    return tuple(_camera(lens, place) for lens, place in zip(LENSES, PLACES.get(subject, ()), strict=False))


def project_as_published(points: Float, lens: Lens) -> Float:
    """Project camera coordinates (..., 3) metres to pixels (..., 2) by VideoPose3D's form (see the module's text)."""
    flat = np.clip(points[..., :2] / points[..., 2:], -1, 1)
    pair = np.array(lens.tangential)
    r2 = (flat**2).sum(-1, keepdims=True)
    k1, k2, k3 = lens.radial
    scale = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3 + (pair * flat).sum(-1, keepdims=True)
    return np.asarray((flat * scale + pair * r2) * lens.focal + lens.principal)


def _camera(lens: Lens, place: _Place) -> Camera:
    quaternion, centre_mm = place
    (k1, k2, k3), (p1, p2) = lens.radial, lens.tangential
    return Camera(
        name=lens.name,
        rotation=quat_to_matrix(np.array(quaternion)).T,
        centre=np.array(centre_mm) / 1000,
        focal=lens.focal,
        principal=lens.principal,
        image_size=lens.image_size,
        distortion=(k1, k2, 0.7 * p2, 0.7 * p1, k3),
    )
