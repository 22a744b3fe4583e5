"""Cameras calibrated from pictures of a board, on a worker. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from app.workers.ticket import Ticket
from engine.cameras.board.board import Board
from engine.cameras.board.from_pictures import Calibrated, calibrate_from_pictures
from engine.errors import InputError
from engine.progress import watched


class BoardChoice(BaseModel):
    """What is calibrated from. square_mm: side of a square; the others as `Board` and `calibrate_from_pictures`."""

    model_config = ConfigDict(frozen=True)

    lenses: str = ""
    together: str = ""
    floor: bool = False
    kind: Literal["checkerboard", "charuco"] = "checkerboard"
    columns: int = 9
    rows: int = 6
    square_mm: float = 25.0
    marker: float = 0.75
    dictionary: str = "4X4_100"

    @property
    def board(self) -> Board:
        """Raises InputError."""
        square_m = self.square_mm / 1000
        return Board(self.columns, self.rows, square_m, self.kind, self.marker, self.dictionary)


@dataclass(frozen=True)
class CalibrateJob:
    """Gives a `Calibrated`. Raises InputError and Cancelled."""

    choice: BoardChoice

    def __call__(self, ticket: Ticket) -> Calibrated:
        choice = self.choice
        if not choice.lenses:
            raise InputError("Choose a folder with a folder of board pictures for each camera, or drop it here.")
        together = Path(choice.together) if choice.together else None
        with watched(ticket.cancelled, lambda share: ticket.report(share, "finding the board")):
            return calibrate_from_pictures(Path(choice.lenses), choice.board, together, floor=choice.floor)
