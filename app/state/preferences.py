"""Preferences from one start to the next, in Qt's settings: options of the view, layout, recent files."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from PySide6.QtCore import QByteArray, QSettings

from app.state.view_options import ViewOptions, options

RECENT = 10
LAYOUT_VERSION = 2  # raise when the docks change, so that an old layout is not forced on them


class Preferences:
    """A thin, typed layer over QSettings; tests hand in settings of their own."""

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings or QSettings("Kinestate", "Kinestate")

    def recall(self, view: ViewOptions) -> None:
        """Give the options that are remembered their values; the default where a value is missing or wrong."""
        for option in options():
            if option.preference:
                found = self._settings.value(option.preference, option.otherwise)
                try:
                    value = TypeAdapter(option.kind).validate_python(found)
                except ValidationError:
                    value = option.otherwise
                setattr(view, option.name, value)

    def remember(self, view: ViewOptions) -> None:
        """Write the options that are remembered."""
        for option in options():
            if option.preference:
                self._settings.setValue(option.preference, getattr(view, option.name))

    @property
    def recent(self) -> list[str]:
        """Paths of the files that were opened last, the latest first."""
        found = self._settings.value("recent", [])
        if isinstance(found, str):
            return [found]
        return [str(path) for path in found] if isinstance(found, list) else []

    def add_recent(self, path: str) -> None:
        """Put a path at the front."""
        path = str(Path(path).resolve())
        self._settings.setValue("recent", [path, *(p for p in self.recent if p != path)][:RECENT])

    def clear_recent(self) -> None:
        """Forget the files that were opened last."""
        self._settings.remove("recent")

    def take_first_time(self) -> bool:
        """Tell whether this is the first start; it is so once."""
        first = not self._settings.value("shown_around", False, type=bool)
        self._settings.setValue("shown_around", True)
        return first

    @property
    def last_session(self) -> Path:
        """The file that keeps what was open when the window was closed."""
        return Path(self._settings.fileName()).with_name("last-session.json")

    @property
    def folder(self) -> str:
        """Where files were opened or written last."""
        return str(self._settings.value("folder", str(Path.home())))

    @folder.setter
    def folder(self, path: str) -> None:
        self._settings.setValue("folder", path)

    def text(self, name: str) -> str:
        """What was remembered under a name; "" where nothing was."""
        return str(self._settings.value(name, ""))

    def set_text(self, name: str, text: str) -> None:
        """Remember it."""
        self._settings.setValue(name, text)

    def layout(self) -> tuple[QByteArray, QByteArray] | None:
        """Look up geometry and dock state of the window; None if none of this version is known."""
        if str(self._settings.value("layout_version")) != str(LAYOUT_VERSION):
            return None
        geometry, docks = self._settings.value("geometry"), self._settings.value("docks")
        if not isinstance(geometry, QByteArray) or not isinstance(docks, QByteArray):
            return None
        return geometry, docks

    def set_layout(self, geometry: QByteArray, docks: QByteArray) -> None:
        """Remember geometry and dock state of the window."""
        self._settings.setValue("layout_version", LAYOUT_VERSION)
        self._settings.setValue("geometry", geometry)
        self._settings.setValue("docks", docks)
