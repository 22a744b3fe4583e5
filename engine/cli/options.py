"""Options that several commands share, and the experiment that they build.

A command names the groups that it takes (`@takes(CLIP, STRESS)`). Typer sees their options as the command's own; the
command gets them as one mapping, from which `experiment_of` builds the experiment.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from engine.errors import InputError
from engine.models.defaults import LIVE
from engine.stress.catalogue import in_panel_order
from engine.stress.live import live_stresses
from engine.stress.stress import Stress

if TYPE_CHECKING:
    from engine.experiment.settings import Experiment
    from engine.models.card import ModelCard

LARGEST_SEED = (1 << 63) - 1
MOST_THREADS = 1024
_DIGITS = 9
"""Of whole numbers that are written: more frames, pixels or rates than these there are not."""

Group = Mapping[str, Any]
"""Option names, as parameters, and their annotations."""
LAST = 10**_DIGITS - 1
"""Beyond the last frame of any clip."""
LIVE_OPTIONS = ("port", "address", "left", "right", "look_ahead_ms", "detector", "people", "follow", "size", "hz",
                "view", "camera_pitch", "camera_roll", "camera_height", "foot_lock")  # fmt: skip
"""Those that are fields of a live source."""
READ_AS = ("rate_hz", "unit", "up", "detector")
"""Those that are overrides of a recording."""
Given = dict[str, Any]
"""What was given, by parameter name; None where nothing was."""

Json = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]

Processes = Annotated[
    int | None,
    typer.Option(min=1, max=256, help="Processes that clips are spread over; else what cores and clips allow."),
]
Scheduler = Annotated[
    str | None, typer.Option(help="Address of a Dask scheduler whose workers run the clips, such as tcp://host:8786.")
]

CLIP: Group = {
    "clip": Annotated[str | None, typer.Option(help="Motion file, folder or archive, or builtin:NAME.")],
}
READING: Group = {
    "select": Annotated[str | None, typer.Option(help="One sequence of a file, folder or archive that holds several.")],
    "rate_hz": Annotated[float | None, typer.Option(help="Frame rate, instead of what the file says.")],
    "unit": Annotated[str | None, typer.Option(help="Unit of length, instead of the file's: cm, inches, 0.039, ...")],
    "up": Annotated[
        str | None, typer.Option(help="Axis that points up, instead of the one found: X, -X, Y, -Y, Z, -Z.")
    ],
    "detector": Annotated[
        str | None,
        typer.Option(help="Of people in a video: heavy, full, lite or an .onnx; else the best there is."),
    ],
    "map": Annotated[
        str | None,
        typer.Option(help="Which joint is which, for a rig whose names say nothing: knee_l=LeftShin,...; remembered."),
    ],
}
MODELS: Group = {
    "model": Annotated[str | None, typer.Option("--model", "--models", help="Names of models, separated by commas.")],
}
ANSWER: Group = {
    "seen_hands": Annotated[
        bool | None,
        typer.Option("--seen-hands", help="Bend arms so that hands are where they were seen, for models of trackers."),
    ],
    "flip": Annotated[
        bool | None,
        typer.Option(
            "--flip", help="Flip averaging, of lifting models: the mean with the answer to the mirrored input."
        ),
    ],
}
VIEW: Group = {
    "camera": Annotated[str | None, typer.Option(help="front, left, back, right, high, ...; file or file:NAME.")],
    "rig": Annotated[
        str | None,
        typer.Option(
            help="Of models of several views: ring:4, half-ring:3, ceiling-corners:4, random:5, a seed after "
            "another colon; or file, file:NAME,NAME."
        ),
    ],
    "people": Annotated[
        int | None,
        typer.Option(
            min=1, max=4, help="In the rig's pictures: the clip's own, whose figures it are, and others beside them."
        ),
    ],
    "height": Annotated[float | None, typer.Option(help="Standing height in metres; else from the clip's skeleton.")],
    "frames": Annotated[str | None, typer.Option(help="FIRST:STOP or FIRST:, counted from 0, before sub-sampling.")],
}
MOUNT: Group = {
    "camera_pitch": Annotated[
        float | None,
        typer.Option(min=-60, max=60, help="Degrees that a camera looks down; else estimated where it is not known."),
    ],
    "camera_roll": Annotated[
        float | None, typer.Option(min=-180, max=180, help="Degrees that it is turned clockwise, seen from behind it.")
    ],
    "camera_height": Annotated[float | None, typer.Option(min=0.01, max=20, help="Metres of it above the floor.")],
    "foot_lock": Annotated[
        bool | None, typer.Option("--foot-lock", help="Keep the foot that stands on its spot, of an unknown camera.")
    ],
}
"""What is known of how a camera stands that is not calibrated."""
RATE: Group = {
    "subsample": Annotated[int | None, typer.Option(min=1, max=1_000_000, help="Keep one frame in this many.")],
    "delta": Annotated[
        str | None,
        typer.Option(help="The SSM's Δ: auto (follows every timestamp), nominal (the median rate), trained, a factor."),
    ],
}
RESAMPLE: Group = {
    "resample": Annotated[bool | None, typer.Option("--resample", help="Interpolate the input to the trained rate.")],
}


def stress_options(stresses: Sequence[Stress]) -> Group:
    """An option for every stress, and for each kind that it comes in."""
    group: dict[str, Any] = {}
    for stress in stresses:
        least, most = stress.range.min, stress.range.max
        level = typer.Option(min=least, max=most if most < math.inf else None, help=stress.flag.help)
        group[stress.flag.parameter] = Annotated[float | None, level]
        for option in stress.options:
            one_of: Any = Literal[tuple(option.choices)]
            group[option.flag.parameter] = Annotated[one_of | None, typer.Option(help=option.flag.help)]
    return group | {
        "seed": Annotated[int | None, typer.Option(min=0, max=LARGEST_SEED, help="Of everything that is random.")]
    }


STRESS = stress_options(in_panel_order())
LIVE_STRESS = {
    "subsample": RATE["subsample"],
    **stress_options(live_stresses("Keypoints2D")),
    **stress_options(live_stresses("TrackerSignals")),
    **stress_options(live_stresses("MultiViewKeypoints")),
}
"""Of a feed, of a camera, of several or of trackers."""
SESSION: Group = {
    "session": Annotated[
        Path | None, typer.Option(help="Saved session; options given beside it replace its settings.")
    ],
}


def takes(*groups: Group) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a command: its first parameter becomes the options of these groups, none of them required."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        shared = {name: annotation for group in groups for name, annotation in group.items()}

        def called(**values: Any) -> None:
            command({name: values.pop(name) for name in shared}, **values)

        only = inspect.Parameter.KEYWORD_ONLY
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        parameters = [inspect.Parameter(n, only, default=None, annotation=a) for n, a in shared.items()]
        parameters += [parameter.replace(kind=only) for parameter in own]
        called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        called.__name__, called.__doc__ = command.__name__, command.__doc__
        return called

    return decorate


def experiment_of(given: Given, *, need_model: bool = True) -> Experiment:
    """Build the session's experiment, or a fresh one, with every option that was given (is not None) put in."""
    from engine.experiment.session import load_session
    from engine.experiment.settings import Experiment

    given = _given(given)
    session = given.get("session")
    if session is None and "clip" not in given:
        raise InputError("No clip was given; name one with --clip, or a saved one with --session.")
    start = load_session(session).experiment if session is not None else Experiment()
    experiment = _checked(_with_options(start.model_dump() | {"source": start.file.model_dump()}, given))
    if need_model and not experiment.models:
        raise InputError("No model was given; name one with --model, for example hummuss_small.")
    if "map" in given:
        from engine.experiment.map_by_hand import remember_map

        file = experiment.file
        remember_map(file.path, file.select, given["map"], file.overrides.joints)
        experiment = experiment.with_source(overrides=file.overrides.model_copy(update={"joints": None}))
    return experiment


def live_experiment(given: Given, feed: str | None = None) -> Experiment:
    """The same for a live one: of a feed ("osc", or where a camera is), else the session's. Raises InputError."""
    given = _given(given)
    start = _live_start(given.get("session"), feed)
    source = start.source.model_dump()
    for name in LIVE_OPTIONS:
        if name in given and name not in source:
            option = f"--{name.removesuffix('_ms').replace('_', '-')}"
            raise InputError(f"{option} is nothing to {feed or start.source.kind}; leave it away.")
    experiment = _checked(_with_options(start.model_dump() | {"source": source}, given))
    if not experiment.models:
        example = "ssd_poser_small_causal" if source["kind"] == "live" else LIVE
        raise InputError(f"No model was given; name one with --model, for example {example}.")
    return experiment


def _live_start(session: Path | None, feed: str | None) -> Experiment:
    from engine.experiment.session import load_session
    from engine.experiment.settings import CameraSource, Experiment, LiveSource

    if session is None:
        return Experiment(source=LiveSource() if feed in (None, "osc") else CameraSource(where=feed or ""))
    start = load_session(session).experiment
    if feed == "osc":
        return start.model_copy(update={"source": start.live})
    if feed is not None:
        return start.model_copy(update={"source": start.camera.model_copy(update={"where": feed})})
    return start if isinstance(start.source, CameraSource) else start.model_copy(update={"source": start.live})


def _checked(plain: dict[str, Any]) -> Experiment:
    from pydantic import ValidationError

    from engine.experiment.session import invalid_field
    from engine.experiment.settings import Experiment

    try:
        return Experiment.model_validate(plain)
    except ValidationError as error:
        field, problem = invalid_field(error)
        raise InputError(f"Setting {field} cannot be used: {problem}.") from None


def _given(given: Given) -> Given:
    return {name: value for name, value in given.items() if value is not None}


def _with_options(plain: dict[str, Any], given: Given) -> dict[str, Any]:
    """The experiment's plain values with the options put where they belong."""
    source, seen = plain["source"], plain["input"]
    if source["kind"] != "file":
        source |= {name: given[name] for name in LIVE_OPTIONS if name in given}
    if "size" in given:
        source["size"] = numbers(given["size"], "x", "--size", "WIDTHxHEIGHT such as 1280x720", least=64, most=16384)
    source |= {field: given[name] for name, field in (("clip", "path"), ("select", "select")) if name in given}
    if "frames" in given:
        text = given["frames"] + (str(LAST) if given["frames"].endswith(":") else "")
        source["frames"] = numbers(text, ":", "--frames", "FIRST:STOP such as 0:243", least=0)
    source |= {name: given[name] for name in MOUNT if name in given}
    overrides = {name: given[name] for name in READ_AS if name in given}
    if overrides and source["kind"] == "file":
        source["overrides"] |= overrides
    seen |= {name: given[name] for name in ("subsample", "seed") if name in given}
    for stress in in_panel_order():
        if stress.flag.parameter in given:
            seen["levels"][stress.field] = given[stress.flag.parameter]
        for option in stress.options:
            if option.flag.parameter in given:
                seen["options"][option.field] = given[option.flag.parameter]
    if "camera" in given:
        plain["viewpoint"]["camera"] = given["camera"]
    if "rig" in given:
        plain["viewpoint"]["rig"] = _rig(given["rig"])
    if "height" in given:
        plain["height_m"] = given["height"]
    if "model" in given:
        plain["models"] = [{"name": name} for name in names(given["model"])]
    if "people" in given and source["kind"] == "file":
        _check_seen_by_rigs(plain["models"])
        plain["viewpoint"]["people"] = given["people"]
    if given.get("seen_hands"):
        plain["models"] = _with(
            plain["models"],
            {"hands": "seen"},
            lambda card: card.observes == "trackers",
            "--seen-hands is for models that observe trackers; name one with --model, for example ssd_poser_small.",
        )
    if given.get("flip"):
        plain["models"] = _with(
            plain["models"],
            {"flip": True},
            lambda card: card.lifts,
            "--flip is for models that lift keypoints to joints; name one with --model, for example hummuss_small.",
        )
    plain["rate"] = _policy(plain["rate"], given.get("delta"), bool(given.get("resample")))
    return plain


def _rig(text: str) -> str | dict[str, Any]:
    """Read --rig. Raises InputError."""
    if text.partition(":")[0] == "file":
        return text
    name, *numbers_after = text.replace("-", " ").split(":")
    if not 1 <= len(numbers_after) <= 2 or not all(map(_is_whole, numbers_after)):
        raise InputError(f"--rig {text!r} cannot be read; give an arrangement with a number of cameras, as ring:4.")
    fields = dict(zip(("views", "seed"), map(int, numbers_after), strict=False))
    return {"arrangement": name, **fields}


def _check_seen_by_rigs(models: Sequence[dict[str, Any]]) -> None:
    """Raise InputError where no model is of several views, in which alone several people are seen."""
    from engine.models.families import model_card

    if not any(model_card(model["name"]).observes == "views" for model in models):
        raise InputError("--people is for models of several views; name one with --model, for example triangulation.")


def _with(
    models: Sequence[dict[str, Any]], changes: dict[str, Any], fits: Callable[[ModelCard], bool], none: str
) -> list[dict[str, Any]]:
    """The plain choices, those changed that it fits. Raises InputError, which says `none`, where that is no one."""
    from engine.models.families import model_card

    fitting = [fits(model_card(model["name"])) for model in models]
    if not any(fitting):
        raise InputError(none)
    return [model | (changes if fit else {}) for model, fit in zip(models, fitting, strict=True)]


def names(text: str) -> list[str]:
    """Read names, separated by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def numbers(text: str, between: str, option: str, form: str, *, least: int, most: int = 10**_DIGITS) -> tuple[int, int]:
    """Read two whole numbers, such as 1280x720. Raises InputError."""
    parts = text.lower().split(between)
    if len(parts) != 2 or not all(_is_whole(p) and least <= int(p) <= most for p in parts):
        raise InputError(f"{option} {text!r} cannot be read; give {form}.")
    return int(parts[0]), int(parts[1])


def _is_whole(text: str) -> bool:
    return text.isdecimal() and len(text) <= _DIGITS


def whole_numbers(text: str, option: str, example: str) -> tuple[int, ...]:
    """Read numbers from 1 on, separated by commas, in order. Raises InputError."""
    parts = text.split(",")
    if not all(_is_whole(p.strip()) and int(p) > 0 for p in parts):
        raise InputError(f"{option} {text!r} cannot be read; give whole numbers such as {example}.")
    return tuple(sorted({int(p) for p in parts}))


def variation(vary: str, levels: str | None) -> tuple[str, tuple[float, ...]]:
    """The field that a sweep varies, by its option's name, and its levels, in order. Raises InputError."""
    stresses = {stress.flag.name: stress for stress in in_panel_order()}
    if vary not in stresses:
        raise InputError(f"--vary {vary!r} is not known; choose one of {', '.join(stresses)}.")
    stress = stresses[vary]
    if levels is None:
        return stress.field, stress.levels
    try:
        chosen = tuple(sorted({float(part) for part in levels.split(",")}))
    except ValueError:
        chosen = (math.nan,)
    if not all(level in stress.range for level in chosen):
        raise InputError(
            f"--levels {levels!r} cannot be used; give numbers that --{vary} takes, such as "
            f"{','.join(f'{level:g}' for level in stress.levels)}."
        )
    return stress.field, chosen


def _policy(policy: dict[str, Any], delta: str | None, resample: bool) -> dict[str, Any]:
    """The rate policy with --delta and --resample put in. Raises InputError."""
    if delta is not None:
        policy = {"mode": delta} if delta in ("auto", "nominal", "trained") else {"mode": "factor"}
        if policy["mode"] == "factor":
            try:
                policy["factor"] = float(delta)
            except ValueError:
                raise InputError(
                    f"--delta {delta!r} is not known; give auto, nominal, trained or a positive factor."
                ) from None
    return policy | {"mode": "resample"} if resample else policy
