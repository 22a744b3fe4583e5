"""How several views share a picture."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.view3d.grid import GAP, arrange

SIDE = st.integers(100, 4000)


@given(st.integers(1, 6), SIDE, SIDE)
def test_views_are_of_one_size_fill_the_picture_and_do_not_overlap(count, width, height):
    boxes = arrange(count, (width, height))
    assert len(boxes) == count
    assert len({box.size for box in boxes}) == 1
    for k, box in enumerate(boxes):
        assert box.x >= 0 and box.y >= 0
        assert box.x + box.width <= width and box.y + box.height <= height
        for other in boxes[:k]:
            beside = box.x >= other.x + other.width + GAP or other.x >= box.x + box.width + GAP
            assert beside or box.y >= other.y + other.height + GAP
    columns, rows = len({box.x for box in boxes}), len({box.y for box in boxes})
    assert width - columns < columns * boxes[0].width + GAP * (columns - 1) <= width
    assert height - rows < rows * boxes[0].height + GAP * (rows - 1) <= height


def test_up_to_three_stand_beside_each_other_and_four_in_two_rows():
    def shape(count, size):
        boxes = arrange(count, size)
        return len({box.y for box in boxes}), len({box.x for box in boxes})

    assert [shape(count, (1280, 720)) for count in (1, 2, 3, 4)] == [(1, 1), (1, 2), (1, 3), (2, 2)]
    assert [shape(count, (500, 900)) for count in (1, 2, 3, 4)] == [(1, 1), (2, 1), (3, 1), (2, 2)]


def test_a_place_lies_in_one_view_or_in_the_gap():
    boxes = arrange(4, (802, 602))
    held = [sum(box.holds((x, y)) for box in boxes) for x in range(0, 802, 7) for y in range(0, 602, 7)]
    assert set(held) == {0, 1}
    assert sum(held) > 0.95 * len(held)
