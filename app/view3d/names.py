"""The names of everybody in a viewport: a legend for each view, or tags over the heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtWidgets import QWidget

from app.view3d.legend import Legend, inset_of, legend_scale, named
from app.view3d.name_tags import GAP, NameTags, tag_height
from app.view3d.panes import Pane
from app.view3d.theme import Theme


class Names:
    """letters: their size beside the usual one; tagged: whether a single view has tags instead of its legend.

    Who steps aside in a single view has a tag anyway.
    """

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent
        self.legends, self.tags = [Legend(parent)], NameTags(parent)
        self.letters, self.tagged = 1.0, False

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """Write these beside the names, by the items' keys."""
        for legend in self.legends:
            legend.set_notes(notes)
        self.tags.set_notes(notes)

    def scale(self, height: int) -> float:
        """Return the size of the letters in a view of so many pixels."""
        return self.letters * legend_scale(height)

    def covered(self) -> tuple[int, int]:
        """Return the pixels (x, y) from the corner of the first view that people should not stand behind."""
        if self.tagged:
            return self._parent.width(), tag_height(self.letters) + GAP
        place = self.legends[0].geometry().bottomRight()
        return place.x(), place.y()

    def show(self, panes: Sequence[Pane], theme: Theme) -> None:
        """Name everybody in these views, which have their boxes."""
        across, down = map(round, inset_of(len(panes)))
        tagged = self.tagged and len(panes) == 1
        self.tags.letters = self.letters
        alone = panes[0].items if len(panes) == 1 else ()
        self.tags.show_people([item for item in alone if tagged or item.aside], theme)
        while len(self.legends) < len(panes):
            self.legends.append(Legend(self._parent))
        lines = [] if tagged else named([pane.items for pane in panes])
        for k, legend in enumerate(self.legends):
            legend.show_items(lines[k] if k < len(lines) else (), theme)
        for pane, legend in zip(panes, self.legends, strict=False):
            legend.move(pane.box.x + across, pane.box.y + down)
            legend.fit(pane.box.width - 2 * across, self.scale(pane.box.height))
