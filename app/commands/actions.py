"""Everything that can be done from the keyboard and the menus, in one table: the F1 list is made from it too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.look import icons
from app.look.theme import Theme


@dataclass(frozen=True)
class Entry:
    """id, menu, text, keys (any of them), what it does, icon, and whether it stays on."""

    id: str
    menu: str
    text: str
    keys: tuple[str, ...]
    tip: str
    icon: str = ""
    checkable: bool = False


ENTRIES = (
    Entry("open", "File", "Open …", ("Ctrl+O",), "Open a motion file, or a session"),
    Entry(
        "open_folder", "File", "Open folder …", ("Ctrl+Shift+O",), "Open a folder of motion files or OpenPose frames"
    ),
    Entry("save_session", "File", "Save session …", ("Ctrl+S",), "Write the experiment and the view to a JSON file"),
    Entry("export_curves", "File", "Export curves …", ("Ctrl+E",), "Write error and jitter of every kept frame as CSV"),
    Entry("screenshot", "File", "Screenshot …", ("Ctrl+P",), "Write a picture of the window", "camera"),
    Entry("quit", "File", "Quit", ("Ctrl+Q",), "Close Kinestate; the layout is remembered"),
    Entry("undo", "Edit", "Undo", ("Ctrl+Z",), "Take back the last change of the experiment or the bookmarks"),
    Entry("redo", "Edit", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Do it again"),
    Entry("front", "View", "Front", ("1",), "See the person from the front"),
    Entry("side", "View", "Side", ("2",), "See the person from the side"),
    Entry("top", "View", "Top", ("3",), "See the person from above"),
    Entry("follow", "View", "Follow the person", ("4",), "Let the camera move along", "follow", True),
    Entry("frame_all", "View", "Fit", ("F",), "As near as the whole motion stays in view"),
    Entry("one", "View", "One view", ("O",), "Truth and models in one place", "one", True),
    Entry("apart", "View", "Side by side", ("B",), "Truth and models beside each other", "apart", True),
    Entry("grid", "View", "Grid", ("V",), "Each model with the truth in a view of its own", "grid", True),
    Entry("linked", "View", "Link the cameras", ("L",), "Turn all views of the grid together", "linked", True),
    Entry("errors", "View", "Colour by error", ("E",), "Bones in the colour of their error now", "errors", True),
    Entry("inset", "View", "2D input", ("I",), "Show what the models get in the corner", "inset", True),
    Entry("light", "View", "Light theme", ("Ctrl+T",), "Dark on light: for print and bright rooms", "", True),
    Entry("reset_layout", "View", "Reset layout", (), "Put all panels back where they belong"),
    Entry("play", "Playback", "Play", ("Space",), "Play or pause", "play", True),
    Entry("back", "Playback", "One frame back", ("Left",), "One frame back", "back"),
    Entry("forward", "Playback", "One frame on", ("Right",), "One frame on", "forward"),
    Entry("back_10", "Playback", "Ten frames back", ("Shift+Left",), "Ten frames back"),
    Entry("forward_10", "Playback", "Ten frames on", ("Shift+Right",), "Ten frames on"),
    Entry("back_second", "Playback", "One second back", ("Ctrl+Left",), "One second back"),
    Entry("forward_second", "Playback", "One second on", ("Ctrl+Right",), "One second on"),
    Entry("first", "Playback", "Start of the loop", ("Home",), "Go to the start of the loop", "start"),
    Entry("last", "Playback", "End of the loop", ("End",), "Go to the end of the loop", "end"),
    Entry("go_to", "Playback", "Go to frame", ("G",), "Type the number of a frame, then Enter"),
    Entry("loop_in", "Playback", "Loop from here", ("[",), "The loop begins at this frame"),
    Entry("loop_out", "Playback", "Loop to here", ("]",), "The loop ends at this frame"),
    Entry("loop_all", "Playback", "Loop over everything", ("\\",), "The loop is the whole clip"),
    Entry("repeat", "Playback", "Repeat", ("R",), "Start again at the end of the loop", "repeat", True),
    Entry("faster", "Playback", "Faster", ("+", "="), "Play faster"),
    Entry("slower", "Playback", "Slower", ("-",), "Play slower"),
    Entry(
        "worst", "Playback", "Next worst frame", ("M",), "Go where the first model is most wrong, then next", "worst"
    ),
    Entry("worst_back", "Playback", "Previous worst frame", ("Shift+M",), "Back along the worst frames"),
    Entry(
        "bookmark", "Playback", "Bookmark this frame", ("K",), "Mark this frame, or change the mark's note", "bookmark"
    ),
    Entry("bookmark_on", "Playback", "Next bookmark", ("N",), "Go to the next bookmark"),
    Entry("bookmark_back", "Playback", "Previous bookmark", ("Shift+N",), "Go to the bookmark before"),
    Entry(
        "rate_bench",
        "Tools",
        "Rate bench …",
        ("Ctrl+B",),
        "Every model at every frame rate, on this clip or on many; irregular sampling, hidden joints",
        "bench",
    ),
    Entry(
        "streaming_check",
        "Tools",
        "Streamed equals whole …",
        ("Ctrl+L",),
        "Check on this clip that the causal models give the same poses frame by frame",
        "equal",
    ),
    Entry(
        "inside",
        "Tools",
        "Inside the state …",
        ("Ctrl+I",),
        "Kernels, time constants, Δ and state of a model's SSMs; they move with the Δ slider",
        "inside",
    ),
    Entry("cancel", "Tools", "Stop what is running", ("Esc",), "Close the message, or stop opening and running"),
    Entry(
        "copy_figures", "Tools", "Copy figures", ("Ctrl+Shift+C",), "Put the numbers on the clipboard as CSV", "copy"
    ),
    Entry("shortcuts", "Help", "Keyboard shortcuts", ("F1",), "Show this list"),
    Entry("about", "Help", "About Kinestate", (), "Version, libraries, licence"),
)
MENUS = ("File", "Edit", "View", "Playback", "Tools", "Help")


def make_actions(owner: QWidget) -> dict[str, QAction]:
    """One action per entry, by id; nothing is connected yet."""
    actions = {}
    for entry in ENTRIES:
        action = QAction(entry.text, owner, checkable=entry.checkable)
        action.setShortcuts([QKeySequence(key) for key in entry.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setToolTip(_tip(entry))
        action.setStatusTip("")
        owner.addAction(action)
        actions[entry.id] = action
    return actions


def allow(actions: Mapping[str, QAction], name: str, reason: str = "") -> None:
    """Switch an action on, or off and let it say why."""
    entry = next(entry for entry in ENTRIES if entry.id == name)
    actions[name].setEnabled(not reason)
    actions[name].setToolTip(f"{entry.text}: {reason}" if reason else _tip(entry))


def _tip(entry: Entry) -> str:
    return f"{entry.tip} ({', '.join(entry.keys)})" if entry.keys else entry.tip


def dress(actions: Mapping[str, QAction], theme: Theme) -> None:
    """Give the actions their icons in a theme's colours."""
    for entry in ENTRIES:
        if entry.icon:
            actions[entry.id].setIcon(icons.icon(entry.icon, theme.text, theme.faint))
