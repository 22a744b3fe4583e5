"""A call in the next turn of the event loop, once however often it was asked for."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Later(QTimer):
    """`start()` asks for the call. New results reach the 3D picture at once and tables and curves after it has been
    painted, so that no single turn of the event loop does everything."""

    def __init__(self, parent: QObject, call: Callable[[], object]) -> None:
        super().__init__(parent, interval=0, singleShot=True)
        self.timeout.connect(call)
