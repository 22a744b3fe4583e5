"""The Tools menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.commands.command import Command, Menu, Switch, without_models
from app.commands.desk import Desk
from app.commands.help import open_shortcuts, open_tour, show_shortcuts
from app.dialogs.bodies import BodiesWindow
from app.dialogs.joint_map import JointMapWindow
from app.dialogs.rate_bench import RateBench
from app.dialogs.state_inspector import StateInspector
from app.dialogs.streaming_check import StreamingCheckWindow
from app.dialogs.tool import Tool
from app.state.state import State
from app.workers.bridge import OpenJob
from app.workers.loading import OpenedLive
from engine.experiment.settings import FileSource
from engine.motion.joint_maps import UnknownJoints


def _rate_bench(desk: Desk) -> Tool:
    show_sweep = desk.numbers.show_sweep
    return RateBench(desk.state, desk.bridge, desk.window, preferences=desk.preferences, show_sweep=show_sweep)


def _streaming_check(desk: Desk) -> Tool:
    return StreamingCheckWindow(desk.state, desk.bridge, desk.window)


def _state_inspector(desk: Desk) -> Tool:
    return StateInspector(desk.state, desk.bridge, desk.window)


def _bodies(desk: Desk) -> Tool:
    return BodiesWindow(desk.state, desk.bridge, desk.window, preferences=desk.preferences)


def _live_trackers(desk: Desk) -> Tool:
    from app.dialogs.live_trackers import LiveTrackersWindow  # here: the window's start need not wait for it

    return LiveTrackersWindow(desk.state, desk.bridge, desk.window, preferences=desk.preferences)


def _live_camera(desk: Desk) -> Tool:
    from app.dialogs.live_camera import LiveCameraWindow  # as above

    return LiveCameraWindow(desk.state, desk.bridge, desk.window, preferences=desk.preferences)


def _live_rig(desk: Desk) -> Tool:
    from app.dialogs.live_rig import LiveRigWindow  # as above

    return LiveRigWindow(desk.state, desk.bridge, desk.window, preferences=desk.preferences)


def _several_cameras(desk: Desk) -> Tool:
    from app.dialogs.rig_window import RigWindow  # as above

    return RigWindow(desk.state, desk.bridge, desk.window, preferences=desk.preferences)


def _calibrate(desk: Desk) -> Tool:
    from app.dialogs.calibrate_window import CalibrateWindow  # as above

    return CalibrateWindow(desk.state, desk.bridge, desk.window, preferences=desk.preferences)


def show_live_session(desk: Desk, opened: OpenedLive) -> None:
    """Show what a session would run on a feed; nothing begins before the person says so."""
    from app.dialogs.live_window import LiveWindow

    desk.preferences.add_recent(str(opened.path))
    source = opened.experiment.source
    assert not isinstance(source, FileSource)
    name, make = "live_trackers", _live_trackers
    if source.kind == "camera":
        name, make = ("live_rig", _live_rig) if source.several else ("live_camera", _live_camera)
    show_tool(name, make, desk)
    tool = desk.tools[name]
    assert isinstance(tool, LiveWindow)
    tool.show_experiment(opened.experiment, f"{opened.name} is live, on {source.where}; press Start to begin.")


def show_joints(desk: Desk) -> None:
    """Show which joint of the clip's rig is which."""
    clip = desk.state.document.clip
    if clip is not None and clip.joints is not None:
        skeleton = clip.as_read.skeleton
        tool = _joint_map(desk)
        tool.show_rig(clip.source, clip.reader, skeleton.names, skeleton.parents)
        tool.present()


def offer_joints(desk: Desk, job: OpenJob, error: UnknownJoints) -> None:
    """Say that a file's joints cannot be told, with a button that shows them."""

    def show() -> None:
        desk.state.results.unsay()
        tool = _joint_map(desk)
        tool.show_rig(job.source, job.reader, error.joints, None)
        tool.present()

    desk.state.results.say(str(error), remedy=("Joints …", show))


def _joint_map(desk: Desk) -> JointMapWindow:
    tool = desk.tools.get("joint_map")
    if not isinstance(tool, JointMapWindow):
        tool = JointMapWindow(desk.window, lambda source, reader: desk.bridge.open(OpenJob(source, reader)))
        desk.tools["joint_map"] = tool
    return tool


def show_tool(name: str, make: Callable[[Desk], Tool], desk: Desk) -> None:
    """Show one of the windows beside the main one; it is made when it is first wanted."""
    if name not in desk.tools:
        desk.tools[name] = make(desk)
    desk.tools[name].present()


def close_tools(desk: Desk) -> None:
    """Close the windows beside the main one and cancel what they do."""
    for tool in desk.tools.values():
        tool.close()


def cancel(desk: Desk) -> None:
    """Take away one thing at a time: tour, shortcuts, message, selected joint, presentation, what is running."""
    results, view, tour = desk.state.results, desk.state.view, open_tour(desk)
    if tour is not None:
        tour.close()
    elif open_shortcuts(desk) is not None:
        show_shortcuts(desk)
    elif results.message is not None:
        results.unsay()
    elif view.selection is not None:
        view.selection = None
    elif view.presenting:
        view.presenting = False
    else:
        desk.bridge.cancel()


def _pin(state: State, on: bool) -> None:
    state.results.pinned = state.results.shown if on else None


PIN = Switch(lambda state: state.results.pinned is not None, _pin, "Take the pinned results away")

TOOLS = Menu(
    "Tools",
    (
        Command("rate_bench", "Rate bench …", ("Ctrl+B",),
                "Every model at every frame rate, on this clip or on many; irregular sampling, hidden joints",
                partial(show_tool, "rate_bench", _rate_bench), "bench"),
        Command("streaming_check", "Streaming check …", ("Ctrl+L",),
                "Check on this clip that the causal models give the same poses frame by frame",
                partial(show_tool, "streaming_check", _streaming_check), "equal"),
        Command("inside", "State inspector …", ("Ctrl+I",),
                "Kernels, time constants, Δ and state of a model's SSMs; they move with the Δ slider",
                partial(show_tool, "inside", _state_inspector), "inside"),
        Command("pin", "Pin these results", ("P",), "Keep these curves and errors in sight beside what follows",
                icon="pin", switch=PIN, why_not=without_models),
        Command("live_camera", "Live camera …", ("Ctrl+Shift+L",),
                "A webcam, a video or a stream: stand in front of it and see yourself in 3D",
                partial(show_tool, "live_camera", _live_camera)),
        Command("live_rig", "Several live cameras …", (),
                "Calibrated cameras around a person: their pictures, the person in 3D, what a blind or late one costs",
                partial(show_tool, "live_rig", _live_rig)),
        Command("live_trackers", "Live trackers …", (),
                "A headset and two controllers from the network: a model makes a body of them, frame by frame",
                partial(show_tool, "live_trackers", _live_trackers)),
        Command("several_cameras", "Several cameras …", (),
                "A person in several cameras' videos: calibrated, refined, triangulated, and by networks",
                partial(show_tool, "several_cameras", _several_cameras)),
        Command("calibrate", "Calibrate cameras …", (),
                "Lenses and places of cameras, from pictures of a checkerboard or ChArUco board",
                partial(show_tool, "calibrate", _calibrate)),
        Command("bodies", "Body models …", (), "Bodies that are installed; add licensed ones, choose which is shown",
                partial(show_tool, "bodies", _bodies)),
        Command("cancel", "Cancel what is running", ("Esc",), "Close the message, or cancel opening and running",
                cancel),
        Command("copy_figures", "Copy figures", ("Ctrl+Shift+C",), "Put the numbers on the clipboard as CSV",
                lambda desk: desk.numbers.copy_csv(), "copy", why_not=without_models),
    ),
)  # fmt: skip
