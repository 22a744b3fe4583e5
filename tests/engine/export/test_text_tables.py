"""Tables as text: aligned, right in Markdown and LaTeX, whatever names hold."""

import pytest
from markdown_it import MarkdownIt

from engine.export.text_tables import latex_table, latex_text, markdown_table, markdown_text

NAMES = ["my_model_50%", "*a* `b` [c](d) <e> ~f~ $g$ # h", "a|b\\c", "Δ ×2 · 7 m/s²"]


def test_markdown_is_aligned():
    assert markdown_table(["Model", "MPJPE (mm)", ""], [["a", "1,234.0", "x"], ["long name", "", "–"]]) == (
        "| Model     |   MPJPE (mm) |    |\n"
        "|:----------|-------------:|---:|\n"
        "| a         |      1,234.0 |  x |\n"
        "| long name |              |  – |\n"
    )


@pytest.mark.parametrize("name", NAMES)
def test_markdown_shows_names_as_they_are(name):
    table = markdown_table([markdown_text(name), "b"], [[markdown_text(name), "**1.0**"]])
    tokens = MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(table)
    cells = [token.children for token in tokens if token.type == "inline"]
    assert ["".join(child.content for child in cell) for cell in cells] == [name, "b", name, "1.0"]
    assert {child.type for child in cells[2]} <= {"text", "text_special"}


def test_figures_stay_as_they_were_written():
    table = markdown_table(["", "1e3", "x"], [["007", "1.50", "1e5"], ["0x10", "nan", " "]])
    for text in ("007", "1.50", "1e5", "0x10", "nan", "1e3"):
        assert f" {text} " in table


def test_latex():
    assert latex_table([["Model", "MPJPE"], ["", "mm"]], [[r"my\_model\_50\%", "41.0"]], [["truth", ""]]) == (
        "\\begin{tabular}{lr}\n"
        "  \\toprule\n"
        "  Model           & MPJPE \\\\\n"
        "                  &    mm \\\\\n"
        "  \\midrule\n"
        "  my\\_model\\_50\\% &  41.0 \\\\\n"
        "  \\midrule\n"
        "  truth           &       \\\\\n"
        "  \\bottomrule\n"
        "\\end{tabular}\n"
    )
    assert latex_table([["a", "b"]], [["c", "1"]]).count("midrule") == 1


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b", r"a\_b"),
        ("50 %", r"50 \%"),
        ("{x}", r"\{x\}"),
        ("a\\b", r"a\textbackslash{}b"),
        ("#1 & $2", r"\#1 \& \$2"),
        ("a|b <c>", r"a\textbar{}b \textless{}c\textgreater{}"),
    ],
)
def test_latex_escapes(text, escaped):
    assert latex_text(text) == escaped
