"""Options of the view. No Qt.

An option is one field. Its metadata say where it is kept and by which commands it is chosen; preferences, sessions and
the View menu go through the fields.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Literal, get_type_hints

from psygnal import SignalGroupDescriptor

from app.view3d.body_item import Figure

ThemeName = Literal["dark", "light"]
Layout = Literal["one", "apart", "grid"]
"""Everybody in one place, beside each other, or each model with the truth in a view of its own."""

Skin = Literal["solid", "wire", "translucent"]

OPTION = "option"


@dataclass(frozen=True)
class Choice:
    """A checkable command that gives an option this value, and takes it back when it is unticked.

    line  whether a line stands above it in the menu
    """

    value: object
    id: str
    text: str
    keys: tuple[str, ...]
    tip: str
    icon: str = ""
    line: bool = False


@dataclass(frozen=True)
class Option:
    """One field of `ViewOptions` with its metadata.

    otherwise   its default
    preference  name in the preferences, which remember it from one start to the next; "" if they do not
    session     name in a session; "" if none holds it
    """

    name: str
    kind: Any
    otherwise: Any
    preference: str
    session: str
    choices: tuple[Choice, ...]


def about(*choices: Choice, preference: str = "", session: str = "") -> dict[str, Any]:
    """Make the metadata of a field of `ViewOptions`; names as of `Option`."""
    return {OPTION: (preference, session, choices)}


@dataclass
class ViewOptions:
    """Options of how everything is shown.

    body       the name of the body that people wear, in `engine.body.library`
    selection  the joint that is looked at alone; None for the whole body
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    follow: bool = field(
        default=True,
        metadata=about(
            Choice(True, "follow", "Follow the person", ("4",), "Let the camera move along", "follow"),
            session="follow",
        ),
    )
    layout: Layout = field(
        default="one",
        metadata=about(
            Choice("one", "one", "One view", ("O",), "Truth and models in one place", "one", line=True),
            Choice("apart", "apart", "Side by side", ("B",), "Truth and models beside each other", "apart"),
            Choice("grid", "grid", "Grid", ("V",), "Each model with the truth in a view of its own", "grid"),
            preference="stage_layout",
            session="layout",
        ),
    )
    linked: bool = field(
        default=True,
        metadata=about(
            Choice(True, "linked", "Link the cameras", ("L",), "Turn all views of the grid together", "linked"),
            preference="linked",
            session="linked",
        ),
    )
    figure: Figure = field(
        default="body",
        metadata=about(
            Choice("skeleton", "skeleton", "Skeletons", ("S",), "Draw people as skeletons", "skeleton", line=True),
            Choice("body", "body", "Bodies", ("H",), "Draw people as bodies, where they have one", "body"),
            Choice("both", "both", "Skeletons in bodies", ("X",), "See the skeleton through the body", "both"),
            preference="figure",
            session="figure",
        ),
    )
    skin: Skin = field(
        default="solid",
        metadata=about(
            Choice("solid", "solid", "Solid bodies", (), "Draw bodies that hide what is behind them", line=True),
            Choice("wire", "wire", "Wire bodies", ("W",), "Draw the edges of the bodies' triangles"),
            Choice("translucent", "translucent", "Translucent bodies", ("T",), "See through the bodies"),
            preference="skin",
            session="skin",
        ),
    )
    error_colours: bool = field(
        default=False,
        metadata=about(
            Choice(
                True,
                "errors",
                "Colour by error",
                ("E",),
                "Bones and skin in the colour of their error now",
                "errors",
                line=True,
            ),
            session="error_colours",
        ),
    )
    error_vectors: bool = field(
        default=False,
        metadata=about(
            Choice(True, "vectors", "Error vectors", ("D",), "Lines from the truth's joints to the predicted ones",
                   "vectors"),
            session="error_vectors",
        ),
    )  # fmt: skip
    cameras: bool = field(
        default=True,
        metadata=about(
            Choice(True, "cameras", "Cameras of the rig", ("Shift+C",),
                   "Where the cameras of models of several views stand"),
            session="cameras",
        ),
    )  # fmt: skip
    footage: bool = field(
        default=True,
        metadata=about(
            Choice(True, "footage", "Footage", ("Shift+F",), "The video that the clip is of, beside the 3D view"),
            preference="footage",
            session="footage",
        ),
    )
    inset: bool = field(
        default=True,
        metadata=about(Choice(True, "inset", "Model input", ("I",), "Show what the models get in the corner", "inset")),
    )
    theme: ThemeName = field(
        default="dark",
        metadata=about(
            Choice("light", "light", "Light theme", ("Ctrl+T",), "Dark on light: for print, bright rooms", line=True),
            preference="theme",
        ),
    )
    presenting: bool = field(
        default=False,
        metadata=about(
            Choice(True, "present", "Presentation", ("F11",), "The 3D view and the timeline alone, in large letters",
                   line=True),
        ),
    )  # fmt: skip
    body: str = field(default="kinestate", metadata=about(preference="body"))
    selection: int | None = field(default=None, metadata=about(session="joint"))


@cache
def options() -> tuple[Option, ...]:
    """List every option, in the order of the fields."""
    hints = get_type_hints(ViewOptions)
    found = []
    for one in fields(ViewOptions):
        assert one.default is not MISSING
        preference, session, choices = one.metadata[OPTION]
        found.append(Option(one.name, hints[one.name], one.default, preference, session, choices))
    return tuple(found)
