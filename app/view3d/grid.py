"""The places of several views in one picture: plain values, no vispy and no Qt."""

from __future__ import annotations

from typing import NamedTuple

GAP = 2  # pixels between two views


class Box(NamedTuple):
    """A rectangle of pixels; x and y of its top left corner, counted from the picture's."""

    x: int
    y: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    def holds(self, place: tuple[float, float]) -> bool:
        return 0 <= place[0] - self.x < self.width and 0 <= place[1] - self.y < self.height

    def below(self, head: int) -> Box:
        """Leave out so many pixels at the top."""
        return Box(self.x, self.y + head, self.width, max(self.height - head, 1))

    def scaled(self, ratio: float) -> Box:
        """Give the same rectangle where a pixel has another size."""
        return Box(*(round(ratio * side) for side in self))


def arrange(count: int, size: tuple[int, int]) -> list[Box]:
    """Lay out boxes of one size for `count` views in a picture of `size` (width, height), in reading order.

    Up to three stand beside each other, as people are taller than wide; more in two rows. In a picture that is higher
    than wide, rows and columns change places.
    """
    few = 1 if count <= 3 else 2
    many = -(-count // few)
    columns, rows = (many, few) if size[0] >= size[1] else (few, many)
    width, height = ((side - GAP * (n - 1)) // n for side, n in zip(size, (columns, rows), strict=True))
    return [
        Box(k % columns * (width + GAP), k // columns * (height + GAP), max(width, 1), max(height, 1))
        for k in range(count)
    ]
