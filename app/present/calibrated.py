"""What a calibration from a board is worth, in a table and a sentence. No Qt."""

from __future__ import annotations

from math import isnan, nan

from app.present.tabular import Column, Row, Table
from engine.cameras.board.from_pictures import Calibrated

COLUMNS = (
    Column("error", "Lens", "px", "Root mean square distance of the board's corners from where the lens puts them",
           digits=2),
    Column("focal", "Focal", "px", "Focal length, along the picture's width", target=None),
    Column("deviation", "±", "px", "Its standard deviation, as OpenCV estimates it", target=None),
    Column("pictures", "Pictures", "", "In which the board was found, and which were used", digits=0, target=None),
    Column("covered", "Covered", "%", "Of the picture in which corners were seen: elsewhere the lens is a guess",
           digits=0, target=100.0),
)  # fmt: skip
PLACED = Column("placed", "Placed", "px", "Root mean square distance of corners that cameras see together", digits=2)


def calibrated_table(found: Calibrated) -> Table:
    """A row for each camera."""
    rows = []
    for view, lens in enumerate(found.lenses):
        focal, used = lens.camera.focal[0], float(lens.used.sum())
        cells = [lens.error_px, focal, lens.deviation[0], used, 100 * lens.covered]
        if found.placed is not None:
            cells.append(float(found.placed.errors_px[view]))
        tip = f"the board was found in {sum(c is not None for c in found.seen[view])} of {len(lens.used)} pictures"
        rows.append(Row(lens.camera.name, tuple(cells), tip=tip))
    columns = COLUMNS if found.placed is None else (*COLUMNS, PLACED)
    return Table("Camera", columns, tuple(rows))


def said_of(found: Calibrated, square_mm: float) -> str:
    """One line: whether the cameras have places, and how large the squares come out."""
    count = f"{len(found.lenses)} cameras" if len(found.lenses) > 1 else "One camera"
    if found.placed is None:
        return f"{count}: lenses alone. Give pictures that all took at the same moments, and they are placed."
    measured = 1000 * found.placed.square_m
    off = nan if isnan(measured) else 100 * (measured / square_mm - 1)
    squares = "" if isnan(off) else f"; squares measure {measured:.2f} mm ({off:+.2f} %)"
    return f"{count}, placed to {found.placed.error_px:.2f} px{squares}."
