"""What is remembered from one start to the next: layout, theme, recent files."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from PySide6.QtCore import QByteArray, QSettings

from app.state.state import Layout

RECENT = 10
LAYOUT_VERSION = 2  # raise when the docks change, so that an old layout is not forced on them


class Preferences:
    """A thin, typed layer over QSettings; tests hand in settings of their own."""

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings or QSettings("Kinestate", "Kinestate")

    @property
    def theme(self) -> str:
        found = str(self._settings.value("theme", "dark"))
        return found if found in ("dark", "light") else "dark"

    @theme.setter
    def theme(self, name: str) -> None:
        self._settings.setValue("theme", name)

    @property
    def stage_layout(self) -> Layout:
        """How the 3D view shows truth and models."""
        found = self._settings.value("stage_layout", "one")
        return found if found in get_args(Layout) else "one"

    @stage_layout.setter
    def stage_layout(self, layout: Layout) -> None:
        self._settings.setValue("stage_layout", layout)

    @property
    def linked(self) -> bool:
        """Whether the grid's cameras move together."""
        return str(self._settings.value("linked", "true")).lower() != "false"

    @linked.setter
    def linked(self, linked: bool) -> None:
        self._settings.setValue("linked", linked)

    @property
    def recent(self) -> list[str]:
        found = self._settings.value("recent", [])
        return [str(path) for path in ([found] if isinstance(found, str) else found or [])]

    def add_recent(self, path: str) -> None:
        path = str(Path(path).resolve())
        self._settings.setValue("recent", [path, *(p for p in self.recent if p != path)][:RECENT])

    def clear_recent(self) -> None:
        self._settings.remove("recent")

    @property
    def folder(self) -> str:
        """Where files were opened or written last."""
        return str(self._settings.value("folder", str(Path.home())))

    @folder.setter
    def folder(self, path: str) -> None:
        self._settings.setValue("folder", path)

    def layout(self) -> tuple[QByteArray, QByteArray] | None:
        """Geometry and dock state of the window."""
        if (
            self._settings.value("layout_version") is None
            or int(self._settings.value("layout_version")) != LAYOUT_VERSION
        ):  # type: ignore[call-overload]
            return None
        geometry, state = self._settings.value("geometry"), self._settings.value("docks")
        if not isinstance(geometry, QByteArray) or not isinstance(state, QByteArray):
            return None
        return geometry, state

    def set_layout(self, geometry: QByteArray, state: QByteArray) -> None:
        self._settings.setValue("layout_version", LAYOUT_VERSION)
        self._settings.setValue("geometry", geometry)
        self._settings.setValue("docks", state)
