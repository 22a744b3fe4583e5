"""A table of figures: what is best, which order, and its text in every form."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.present.tabular import NAME, Column, Row, Table, csv_text

NAN = math.nan
COLUMNS = (
    Column("mpjpe_mm", "MPJPE", "mm"),
    Column("accel", "Accel.", "m/s²", digits=2, target=0.5),
    Column("now", "Now", "mm", copied=False),
    Column("params", "Params", digits=None, target=None),
    Column("ms", "ms", "/frame", digits=2),
)
TABLE = Table(
    "Model",
    COLUMNS,
    (
        Row("small_model · Δ ×2", (41.04, 0.3, 1.0, 482_121, 0.5), 0),
        Row("big|50 %", (3085.96, 0.52, 2.0, 16_001_549, 0.25), 1),
        Row("third", (41.01, NAN, 3.0, 482_121, NAN), 2),
    ),
    (Row("Ground truth", (NAN, 0.5, NAN, NAN, NAN), "truth"),),
    "clip_1: 10 frames",
)


def arranged():
    return TABLE.rearranged([1, 0, 2], range(len(COLUMNS)))


def test_the_best_is_the_nearest_to_the_target_as_far_as_it_can_be_read():
    down = {column.key: [r for r in range(3) if (r, c) in TABLE.best] for c, column in enumerate(COLUMNS)}
    assert down == {"mpjpe_mm": [0, 2], "accel": [1], "now": [0], "params": [], "ms": [1]}


def test_where_all_read_the_same_or_one_is_alone_none_is_best():
    column = Column("a", "a")
    assert not Table("", (column,), (Row("x", (1.01,)), Row("y", (1.04,)))).best
    assert not Table("", (column,), (Row("x", (1.0,)), Row("y", (NAN,)))).best


def test_the_best_can_be_sought_along_rows():
    columns = (Column("a", "a"), Column("b", "b"))
    table = Table("Joint", columns, (Row("x", (1.0, 2.0)), Row("y", (4.0, 3.0))), compare="rows")
    assert table.best == {(0, 0), (1, 1)}


def test_a_first_click_brings_the_best_to_the_top_or_the_worst():
    columns = (Column("mpjpe_mm", "MPJPE"), Column("pck150", "PCK", target=100.0), Column("params", "n", target=None))
    table = Table("", columns, (Row("x", (10.0, 90.0, 5.0)), Row("y", (20.0, NAN, 4.0))))
    assert [table.largest_first(c) for c in (NAME, 0, 1, 2)] == [False, False, True, False]
    worst = replace(table, worst_first=True)
    assert [worst.largest_first(c) for c in (NAME, 0, 1, 2)] == [False, True, False, True]


def test_order_is_of_numbers_not_of_their_text():
    assert TABLE.order(0, descending=False) == [2, 0, 1]
    assert TABLE.order(0, descending=True) == [1, 0, 2]


def test_order_keeps_equal_rows_as_they_were_and_unknown_values_last():
    assert TABLE.order(3, descending=False) == [0, 2, 1]
    assert TABLE.order(3, descending=True) == [1, 0, 2]
    assert TABLE.order(4, descending=False) == [1, 0, 2]
    assert TABLE.order(4, descending=True) == [0, 1, 2]


def test_order_of_names():
    assert TABLE.order(NAME, descending=False) == [1, 0, 2]
    assert TABLE.order(NAME, descending=True) == [2, 0, 1]


@given(st.lists(st.one_of(st.integers(0, 3).map(float), st.just(NAN)), max_size=12), st.booleans())
def test_any_order_is_a_stable_sort(values, descending):
    order = Table("", (Column("a", "a"),), tuple(Row("", (v,)) for v in values)).order(0, descending=descending)
    assert sorted(order) == list(range(len(values)))
    known = [(values[r], r) for r in order if not math.isnan(values[r])]
    assert known == sorted(known, key=lambda pair: (-pair[0] if descending else pair[0], pair[1]))
    assert all(math.isnan(values[r]) for r in order[len(known) :])


def test_other_values_in_one_column():
    changed = TABLE.with_cells("now", [7.0, 8.0, 9.0])
    assert [row.cells[2] for row in changed.rows] == [7.0, 8.0, 9.0]
    assert [row.cells[0] for row in changed.rows] == [row.cells[0] for row in TABLE.rows]
    assert [r for r in range(3) if (r, 2) in changed.best] == [0]
    assert [r for r in range(3) if (r, 2) in TABLE.with_cells("now", [9.0, 8.0, 7.0]).best] == [2]


def test_csv():
    assert arranged().csv() == (
        "Model,MPJPE (mm),Accel. (m/s²),Params,ms/frame\n"
        "big|50 %,3085.96,0.52,16001549,0.25\n"
        "small_model · Δ ×2,41.04,0.3,482121,0.5\n"
        "third,41.01,,482121,\n"
        "Ground truth,,0.5,,\n"
    )


def test_csv_tells_the_frames_of_an_hour_apart_and_does_not_round_counts():
    times = [3600 + frame / 60 for frame in range(3)]
    read = [float(line) for line in csv_text(["time_s"], ([t] for t in times)).splitlines()[1:]]
    assert read == pytest.approx(times, abs=1e-5)
    assert csv_text(["frames"], [[1_302_457.0]]) == "frames\n1302457\n"


def test_tsv_of_some_rows():
    assert (
        TABLE.rearranged(range(3), [0, 3]).tsv([2, 3])
        == "Model\tMPJPE (mm)\tParams\nthird\t41.0\t482 k\nGround truth\t\t\n"
    )


def test_markdown():
    assert arranged().markdown() == (
        "clip\\_1: 10 frames\n"
        "\n"
        "| Model               |   MPJPE (mm) |   Accel. (m/s²) |   Params |   ms/frame |\n"
        "|:--------------------|-------------:|----------------:|---------:|-----------:|\n"
        "| big\\|50 %           |       3086.0 |        **0.52** |   16.0 M |   **0.25** |\n"
        "| small\\_model · Δ ×2 |     **41.0** |            0.30 |    482 k |       0.50 |\n"
        "| third               |     **41.0** |                 |    482 k |            |\n"
        "| Ground truth        |              |            0.50 |          |            |\n"
    )


def test_latex():
    table = arranged().rearranged(range(3), [0, 1, 2])
    assert table.latex() == (
        "% clip_1: 10 frames\n"
        "% in the preamble: \\usepackage{booktabs}\n"
        "\\begin{tabular}{lrrr}\n"
        "  \\toprule\n"
        "  Model                                   &         MPJPE &        Accel. & Params \\\\\n"
        "                                          &            mm &       m/s$^2$ &        \\\\\n"
        "  \\midrule\n"
        "  big\\textbar{}50 \\%                      &        3086.0 & \\textbf{0.52} & 16.0 M \\\\\n"
        "  small\\_model $\\cdot$ $\\Delta$ $\\times$2 & \\textbf{41.0} &          0.30 &  482 k \\\\\n"
        "  third                                   & \\textbf{41.0} &               &  482 k \\\\\n"
        "  \\midrule\n"
        "  Ground truth                            &               &          0.50 &        \\\\\n"
        "  \\bottomrule\n"
        "\\end{tabular}\n"
    )


def test_no_units_are_no_line_for_them():
    latex = Table("Category", (Column("a", "a"),), (Row("x_%", (1.0,)),)).latex()
    assert latex.count("&") == 2 and "x\\_\\%" in latex and latex.startswith("% in the preamble")


def test_thousands_are_set_apart_where_people_read_them():
    assert Column("a", "a", digits=0).text(12345.6, "\u2009") == "12\u2009346"
    assert Column("d", "Δ", digits=2, prefix="×").text(8.0) == "×8.00"
