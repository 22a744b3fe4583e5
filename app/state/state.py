"""The state of the window: the document, the moment, the options of the view, the results, what is live.

No Qt.

Each part is a dataclass whose `events` say (new, old) of every field that has changed. Widgets change the parts and
listen to them. Events come on the thread that made the change, which in the window is always the GUI thread
(`app.workers.bridge` brings the workers' results there).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from app.state.clip import LoadedClip
from app.state.document import Document, identity
from app.state.events import together
from app.state.live import LiveState
from app.state.moment import Moment
from app.state.results import ResultsState, Shown, Worn
from app.state.settings import Settings
from app.state.view_options import ViewOptions


class State:
    """The one object that every widget watches."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self.document = Document(now=now)
        self.moment = Moment()
        self.view = ViewOptions()
        self.results = ResultsState()
        self.live = LiveState()

    def set_clip(self, clip: LoadedClip, *, settings: Settings | None = None) -> None:
        """Open another clip: its first frame, the whole of it as the loop, no results, nothing to undo; bookmarks
        are those that it had when it was open last.

        The same clip read in another way (as many frames) keeps the moment, the loop and the bookmarks.
        """
        before = self.document.clip
        again = before is not None and identity(before) == identity(clip)
        with together(self.results, self.moment, self.view):
            self.results.shown, self.results.pinned, self.results.worn = None, None, None
            self.view.selection = None
            self.moment.count_by(clip.times, keep=again)
            self.document.open(clip, settings or self.document.settings, keep_bookmarks=again)

    def set_shown(self, shown: Shown | None) -> None:
        """Replace the results; those of another clip than the present one are too late and dropped."""
        if shown is None or shown.clip is self.document.clip:
            self.results.shown = shown

    def set_worn(self, worn: Worn) -> None:
        """Dress the truth; the body of another clip than the present one is too late and dropped."""
        if worn.clip is self.document.clip:
            self.results.worn = worn
