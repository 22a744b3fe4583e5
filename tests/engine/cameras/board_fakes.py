"""Pictures of boards, rendered through a camera's lens."""

from __future__ import annotations

import cv2
import numpy as np

from engine.cameras.board.board import Board
from engine.cameras.pinhole import Camera

PER_SQUARE = 60  # pixels of the board's own picture
FINER = 2


def texture(board: Board) -> np.ndarray:
    """The board with a white edge of one square around it; inner corner 0 lies two squares from the first pixel."""
    columns, rows = board.columns + 1, board.rows + 1
    if board.kind == "charuco":
        inside = board.charuco.generateImage((columns * PER_SQUARE, rows * PER_SQUARE))
    else:
        odd = np.add.outer(np.arange(rows), np.arange(columns)) % 2 == 0
        inside = np.kron(np.where(odd, 20, 235).astype(np.uint8), np.ones((PER_SQUARE, PER_SQUARE), np.uint8))
    return cv2.copyMakeBorder(inside, *(4 * [PER_SQUARE]), cv2.BORDER_CONSTANT, value=255)


class Studio:
    """Renders boards for one camera, whose rays are found once."""

    def __init__(self, camera: Camera, seed: int = 0) -> None:
        self.camera, self.rng = camera, np.random.default_rng(seed)
        width, height = camera.image_size
        x, y = np.meshgrid(np.arange(width * FINER), np.arange(height * FINER))
        pixels = (np.stack([x, y], -1) + 0.5) / FINER - 0.5
        self.rays = np.concatenate([camera.rays(pixels), np.ones((*x.shape, 1))], -1)

    def picture(self, board: Board, rotation: np.ndarray, place: np.ndarray, noise: float = 2.0) -> np.ndarray:
        """The board at x_world = rotation @ x_board + place, in front of grey, with noise of so many grey levels."""
        turn = self.camera.rotation @ rotation
        shift = self.camera.rotation @ (place - self.camera.centre)
        depth = (turn[:, 2] @ shift) / (self.rays @ turn[:, 2])
        flat = ((self.rays * depth[..., None] - shift) @ turn)[..., :2] / board.square_m
        on_texture = ((flat + 2) * PER_SQUARE - 0.5).astype(np.float32)
        on_texture[depth < 0] = -1e4
        shown = cv2.remap(texture(board), on_texture, None, cv2.INTER_LINEAR, borderValue=128)
        shown = cv2.resize(shown, self.camera.image_size, interpolation=cv2.INTER_AREA).astype(np.float64)
        return np.clip(shown + self.rng.normal(0, noise, shown.shape), 0, 255).astype(np.uint8)
