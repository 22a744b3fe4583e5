"""A choice of the figure that is shown, among those that results have."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox

from app.present.tabular import Column


class MeasureChoice(QComboBox):
    """What is chosen stays when others are offered, where it is among them."""

    def offer(self, columns: Sequence[Column]) -> Column:
        """Offer these figures; give the one that is chosen then, the first where that is none of them."""
        if [self.itemData(k) for k in range(self.count())] != [column.key for column in columns]:
            chosen = self.currentData()
            self.clear()
            for column in columns:
                self.addItem(column.title, column.key)
            self.setCurrentIndex(max(self.findData(chosen), 0))
        return columns[self.currentIndex()]
