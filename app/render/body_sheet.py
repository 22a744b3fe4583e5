"""The picture of docs/bodies.md: python -m app.render.body_sheet OUT.png ARCHIVE MEMBER FRAME

Above ten poses of the mannequin from two sides. Below a clip whose body was found from its rig's rotations, as a ghost,
and the one that 17 joints alone give: in a model's colour, and with the error of the one against the other on its skin.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from app.look.error_colours import error_colours
from app.look.theme import THEMES, model_colour
from app.present.skin_errors import vertex_error_mm
from app.view3d.body_item import BodyItem
from app.view3d.camera_rig import Orbit
from app.view3d.items import Item
from app.view3d.offscreen import Renderer
from engine.body import library
from engine.body.bake.poses import POSES, poses
from engine.body.posed import PosedBody
from engine.body.retarget.fit import fit
from engine.body.skinning import posed_vertices
from engine.experiment.sources import open_recording
from engine.export.picture import Picture, save_png
from engine.motion.pose import BodyPose
from engine.observation.recording import clip_of

SHOWN = (
    "standing", "arms up", "elbows 130", "hip 115, knee 125", "squat", "wrists turned 90", "upper arms turned 80",
    "bent forwards", "turned", "running",
)  # fmt: skip
ROW_SIZE, CLIP_SIZE = (1760, 310), (880, 560)
APART_M = 1.42
SIDES = (-28.0, 118.0)  # degrees from the front
LETTERS = 17
SMALLER = 0.72  # than it is drawn: softer edges, and half of the file


def pose_rows() -> Picture:
    """Ten poses beside each other, seen from two sides: (H, W, 3)."""
    body = library.body()
    pose = poses(body.name)
    renderer = Renderer(ROW_SIZE, "light", legend=False)
    rows = []
    for side in SIDES:
        orbit = Orbit(float(np.radians(side)), 0.06, distance=19.0, target=(0.0, 0.0, 1.08), fov=float(np.radians(8.0)))
        items: list[Item] = []
        for place, name in enumerate(SHOWN):
            k = list(POSES).index(name)
            item = BodyItem(name, name, PosedBody(body, on_the_floor(pose.take(slice(k, k + 1)))))
            items.append(item.moved(APART_M * (place - (len(SHOWN) - 1) / 2) * orbit.rotation[0]))
        renderer.set_items(items)
        rows.append(renderer.render(0.0, orbit.camera(ROW_SIZE), (0.0, 0.0, 0.0)))
    return np.concatenate(rows)


def on_the_floor(pose: BodyPose) -> BodyPose:
    """A pose of one frame with its lowest vertex at height 0."""
    lowest = posed_vertices(library.body(pose.body), pose)[0, :, 2].min()
    return replace(pose, root=np.array([[0.0, 0.0, -lowest]]))


def clip_pictures(path: str, member: str, frame: int) -> Picture:
    """A clip's own body as a ghost with the one from 17 joints, then that one in the colours of its error."""
    clip = clip_of(open_recording(path, select=member).recording)
    assert clip is not None
    body = library.body()
    truth, found = (fit(clip, body, way=way).pose for way in ("rotations", "h36m17"))
    one, other = PosedBody(body, found), PosedBody(body, truth)
    ghost = BodyItem("truth", "from the rig's rotations", other, style="ghost")
    model = BodyItem("model", "from 17 joints", one, colour=model_colour(0))
    coloured = replace(model, skin_colours=lambda k: error_colours(vertex_error_mm(one, k, other, k)))
    seconds = float(clip.times[frame])
    orbit = Orbit(azimuth=float(np.radians(25.0)), elevation=0.15).fit(one.vertices(frame).astype(float), CLIP_SIZE)
    renderer = Renderer(CLIP_SIZE, "light")
    drawn = []
    shown: Sequence[Sequence[Item]] = ([ghost, model], [coloured])
    for items in shown:
        renderer.set_items(items)
        drawn.append(renderer.render(seconds, orbit.camera(CLIP_SIZE), orbit.target))
    return np.concatenate(drawn, axis=1)


def write_scale(picture: Picture) -> Picture:
    """Write the scale of the errors into the lower right corner."""
    height, width = picture.shape[:2]
    image = QImage(np.ascontiguousarray(picture).data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    painter = QPainter(image)
    font = QFont()
    font.setPixelSize(LETTERS)
    painter.setFont(font)
    painter.setPen(QColor(THEMES["light"].text))
    left, top, across = width - 390, height - 50, 300
    for x in range(across):
        shade = 255 * error_colours(np.array([150.0 * x / across]))[0]
        painter.fillRect(left + x, top, 1, 12, QColor(*(int(value) for value in shade)))
    for mark in (0, 50, 100, 150):
        painter.drawText(QPointF(left + across * mark / 150 - 8, top + 30), f"{mark}{'+ mm' if mark == 150 else ''}")
    painter.end()
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    return lines[:, : 3 * width].reshape(height, width, 3).copy()  # the image's own memory goes with it


def main(arguments: list[str]) -> int:
    """Draw the sheet; returns the exit code."""
    if len(arguments) != 4 or not arguments[3].isdigit():
        print(
            "Give picture, archive, one of its clips and a frame: docs/bodies.png test.tar.xz 135_05 90",
            file=sys.stderr,
        )
        return 2
    below = clip_pictures(arguments[1], arguments[2], int(arguments[3]))
    sheet = np.concatenate([pose_rows(), write_scale(below)])
    smaller = cv2.resize(sheet, None, fx=SMALLER, fy=SMALLER, interpolation=cv2.INTER_AREA)
    save_png(np.asarray(smaller, np.uint8), Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
