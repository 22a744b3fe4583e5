"""The table of figures as a widget."""

import math

from app.present.tabular import Column, Row, Table
from app.widgets.figure_table import FigureTable


def test_columns_of_dashes_do_not_push_the_others_out_of_sight(qtbot):
    columns = tuple(Column(name, name, "", "") for name in "abcdef")
    view = FigureTable()
    qtbot.addWidget(view)
    view.resize(600, 200)
    view.show()
    view.set_table(Table("Model", columns, (Row("hummuss_small", (math.nan,) * len(columns)),)))
    assert view.horizontalHeader().length() == view.viewport().width()
    assert not view.horizontalScrollBar().isVisible()
