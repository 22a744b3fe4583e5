"""The File menu."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QFileDialog

from app.commands.command import Command, Menu, without_clip, without_models
from app.commands.desk import Desk
from app.commands.tools import show_tool
from app.dialogs.tool import Tool
from app.present.tables import curves_csv, figures_csv
from app.state.clip import Reader
from app.state.sessions import View, restore, view_to_save
from app.state.state import State
from app.widgets.save_name import ask_save_name
from app.workers.bridge import OpenJob
from engine.data.registry import ARCHIVE_SUFFIXES, FORMATS
from engine.errors import InputError
from engine.experiment.session import save_session as write_session
from engine.experiment.sources import BUILTIN
from engine.writing import save_text, written_beside

if TYPE_CHECKING:
    from app.render.view_film import Shot


def open_path(desk: Desk, path: str) -> None:
    """Open a motion file, folder, archive or session; the present one stays until the new one is there."""
    desk.bridge.open(OpenJob(path))


def read_again(desk: Desk, reader: Reader) -> None:
    """Open the present clip with other reader settings, or another clip of the same file."""
    clip = desk.state.document.clip
    if clip is not None:
        desk.bridge.open(OpenJob(clip.source, reader))


def open_beside(step: int) -> Callable[[Desk], None]:
    """Make what opens the next clip of the same file, folder or archive (step 1), or the one before (-1)."""

    def open_it(desk: Desk) -> None:
        clip = desk.state.document.clip
        if clip is None or not clip.siblings:
            return
        name = clip.reader.select or clip.name
        here = clip.siblings.index(name) if name in clip.siblings else 0  # names alike are told apart in the list
        there = min(max(here + step, 0), len(clip.siblings) - 1)
        if there != here:
            read_again(desk, replace(clip.reader, select=clip.siblings[there], joints=None))

    return open_it


def _alone(state: State) -> str:
    clip = state.document.clip
    return "" if clip is not None and clip.siblings else "nothing else was opened with this clip"


def ask_open(desk: Desk) -> None:
    """Ask for a file and open it."""
    suffixes = sorted({s for f in FORMATS for s in f.suffixes} | set(ARCHIVE_SUFFIXES))
    known = " ".join(f"*{s}" for s in suffixes)
    kinds = f"Motion, videos and sessions ({known});;All files (*)"
    path, _ = QFileDialog.getOpenFileName(desk.window, "Open", desk.preferences.folder, kinds)
    _open_chosen(desk, path)


def ask_folder(desk: Desk) -> None:
    """Ask for a folder and open it."""
    _open_chosen(desk, QFileDialog.getExistingDirectory(desk.window, "Open folder", desk.preferences.folder))


def _open_chosen(desk: Desk, path: str) -> None:
    if path:
        desk.preferences.folder = str(Path(path).parent)
        open_path(desk, path)


def ask_save_session(desk: Desk) -> None:
    """Ask for a file name and write a session there."""
    path = _ask_name(desk, "Save session", ".json", "Sessions (*.json)")
    if path:
        save_session(desk, path)


def save_session(desk: Desk, path: Path) -> None:
    """Write what is shown as a session."""
    results = desk.state.results
    try:
        if not _write_session(desk, path):
            return
    except InputError as error:
        results.say(str(error), error.detail)
    else:
        desk.preferences.add_recent(str(path))
        results.say(f"Saved {path.name}.", error=False)


def keep_session(desk: Desk) -> None:
    """Keep what is open, bookmarks included, for the next start; a start without it is no misfortune."""
    with suppress(InputError, OSError):
        desk.preferences.last_session.parent.mkdir(parents=True, exist_ok=True)
        _write_session(desk, desk.preferences.last_session)


def _write_session(desk: Desk, path: Path) -> bool:
    """Write a session; False where there is nothing to write. Raises InputError."""
    experiment, viewport = desk.state.document.experiment(), desk.viewport
    if experiment is None:
        return False
    apart = () if viewport.linked else viewport.orbits
    write_session(experiment, path, view_to_save(desk.state, orbit=viewport.orbit, orbits=apart))
    return True


def restore_view(desk: Desk, view: View) -> None:
    """Show a session that has just been opened as it was shown when it was saved."""
    restore(desk.state, view)
    if view.orbit is not None:
        desk.viewport.set_orbit(view.orbit)
    desk.viewport.set_orbits(view.orbits)


def ask_export(desk: Desk) -> None:
    """Ask for a file name and write the curves there."""
    kinds = "Comma separated values (*.csv)"
    path = _ask_name(desk, "Export curves", ".csv", kinds, lambda path: [figures_beside(path)])
    if path:
        export_curves(desk, path)


def figures_beside(path: Path) -> Path:
    """Name the file of figures that is written with a file of curves."""
    return path.with_name(f"{path.stem}-figures.csv")


def export_curves(desk: Desk, path: Path) -> None:
    """Write the curves, and beside them the figures (`name-figures.csv`)."""
    results = desk.state.results
    if results.shown is None:
        return
    figures = figures_beside(path)
    try:
        save_text(curves_csv(results.shown.results), path)
        save_text(figures_csv(results.shown.results), figures)
    except InputError as error:
        results.say(f"{path.name}: it cannot be written; choose another folder.", error.detail)
    else:
        results.say(f"Wrote {path.name} and {figures.name}.", error=False)


def _export_motion(desk: Desk) -> Tool:
    from app.dialogs.export_motion import ExportMotion  # with what draws and writes; a start need not wait for it

    return ExportMotion(desk.state, desk.bridge, desk.window, preferences=desk.preferences)


def _export_video(desk: Desk) -> Tool:
    from app.dialogs.export_video import ExportVideo  # as above

    return ExportVideo(
        desk.state,
        desk.bridge,
        desk.window,
        preferences=desk.preferences,
        take_shot=lambda: shot_of(desk),
        pace=lambda: pace_of(desk),
    )


def shot_of(desk: Desk) -> Shot:
    """What the 3D view shows, with the results whose errors can be drawn below it."""
    from app.render.view_film import Shot

    viewport, shown = desk.viewport, desk.state.results.shown
    return Shot(
        viewport.views,
        viewport.orbits,
        viewport.following,
        desk.state.view.theme,
        None if shown is None else shown.results,
        () if shown is None else tuple(slot.colour for slot in shown.slots),
    )


def pace_of(desk: Desk) -> float:
    """Seconds that the 3D view takes to draw a megapixel."""
    width, height = desk.viewport.width(), desk.viewport.height()
    return 1e-3 * desk.viewport.last_draw_ms / max(width * height / 1e6, 0.01)


def picture_of(desk: Desk) -> QPixmap:
    """Take a picture of the window without its message, which comes back afterwards."""
    results = desk.state.results
    message = results.message
    results.unsay()
    # what lay below the message takes its place
    QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    image = desk.window.grab()
    results.message = message
    return image


def ask_screenshot(desk: Desk) -> None:
    """Ask for a file name and write an image of the window there."""
    image = picture_of(desk)  # before the dialog lies on it
    path = _ask_name(desk, "Screenshot", ".png", "Images (*.png)")
    if path is None:
        return
    try:
        save_image(image, path)
    except InputError as error:
        said = f"{path.name}: the image cannot be written; choose another folder or .png."
        desk.state.results.say(said, error.detail)


def save_image(image: QPixmap, path: Path) -> None:
    """Write an image in the format of the ending. Raises InputError."""
    with written_beside(path) as part:
        if not image.save(str(part)):
            raise OSError("Qt cannot write it")


def _ask_name(
    desk: Desk, title: str, suffix: str, kinds: str, beside: Callable[[Path], Iterable[Path]] = lambda _: ()
) -> Path | None:
    """Ask for a file name, as `ask_save_name`."""
    clip = desk.state.document.clip
    start = Path(desk.preferences.folder, f"{clip.name if clip else 'kinestate'}{suffix}")
    path = ask_save_name(desk.window, title, start, kinds, beside)
    if path is not None:
        desk.preferences.folder = str(path.parent)
    return path


FILE = Menu(
    "File",
    (
        Command("open", "Open …", ("Ctrl+O",), "Open a motion file, a video, or a session", ask_open),
        Command("open_folder", "Open folder …", ("Ctrl+Shift+O",), "Open a folder of motion files or OpenPose frames",
                ask_folder),
        Command("demo", "Open the demo", (), "Open the clip that the program begins with",
                lambda desk: open_path(desk, f"{BUILTIN}demo")),
        Command("next_clip", "Next clip", ("PgDown",), "Open the next clip of the same folder, archive or file",
                open_beside(1), why_not=_alone),
        Command("previous_clip", "Previous clip", ("PgUp",), "Open the clip before it", open_beside(-1),
                why_not=_alone),
        Command("save_session", "Save session …", ("Ctrl+S",), "Write the experiment and the view to a JSON file",
                ask_save_session, why_not=without_clip),
        Command("export_motion", "Motion …", ("Ctrl+M",),
                "Write the truth or a prediction as glTF, BVH, AMASS npz, mesh, TRC, C3D or CSV",
                partial(show_tool, "export_motion", _export_motion), inside="Export", why_not=without_clip),
        Command("export_video", "Video …", ("Ctrl+Shift+M",), "Write the 3D view as a video",
                partial(show_tool, "export_video", _export_video), inside="Export", why_not=without_clip),
        Command("export_curves", "Curves …", ("Ctrl+E",), "Write error and jitter of every kept frame as CSV",
                ask_export, inside="Export", why_not=without_models),
        Command("screenshot", "Screenshot …", ("Ctrl+P",), "Write an image of the window", ask_screenshot, "camera"),
        Command("quit", "Quit", ("Ctrl+Q",), "Close Kinestate; the layout is remembered",
                lambda desk: desk.window.close(), line=True),
    ),
)  # fmt: skip
