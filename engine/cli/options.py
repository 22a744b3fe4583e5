"""Options that several commands share, and the experiment that they make of what was given.

A command names the groups that it takes (`@takes(CLIP, STRESS)`); typer sees their options as the command's own, and
the command gets them as one mapping, from which `experiment_of` builds the experiment.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from engine.errors import InputError

if TYPE_CHECKING:
    from engine.experiment.settings import Experiment

Group = Mapping[str, Any]
"""Option names, as parameters, and their annotations."""
Given = dict[str, Any]
"""What was given, by parameter name; None where nothing was."""

CLIP: Group = {
    "clip": Annotated[str | None, typer.Option(help="Motion file, folder or archive, or builtin:NAME.")],
}
READING: Group = {
    "select": Annotated[str | None, typer.Option(help="One sequence of a file, folder or archive that holds several.")],
    "rate_hz": Annotated[float | None, typer.Option(help="Frame rate, instead of what the file says.")],
    "unit": Annotated[str | None, typer.Option(help="Unit of length, instead of the file's: cm, inches, 0.039, ...")],
    "up": Annotated[str | None, typer.Option(help="Axis that points up, instead of the file's: Y or Z.")],
}
MODELS: Group = {
    "model": Annotated[str | None, typer.Option("--model", "--models", help="Names of models, separated by commas.")],
}
VIEW: Group = {
    "camera": Annotated[str | None, typer.Option(help="front, left, back, right, high, ...; file or file:NAME.")],
    "height": Annotated[float | None, typer.Option(help="Standing height in metres; else from the clip's skeleton.")],
    "frames": Annotated[str | None, typer.Option(help="FIRST:STOP, counted from 0, before sub-sampling.")],
}
RATE: Group = {
    "subsample": Annotated[int | None, typer.Option(min=1, help="Keep one frame in this many.")],
    "delta": Annotated[
        str | None,
        typer.Option(help="The SSM's Δ: auto (follows every timestamp), nominal (the median rate), trained, a factor."),
    ],
}
RESAMPLE: Group = {
    "resample": Annotated[bool | None, typer.Option("--resample", help="Interpolate the input to the trained rate.")],
}
STRESS: Group = {
    "noise": Annotated[float | None, typer.Option(min=0, help="Noise on the 2D keypoints, pixels.")],
    "mask": Annotated[float | None, typer.Option(min=0, max=1, help="Share of keypoints that are hidden.")],
    "limbs": Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of the time that each arm and leg is hidden.")
    ],
    "bar": Annotated[
        float | None, typer.Option(min=0, max=1, help="Width of a bar that sweeps over the picture, share of it.")
    ],
    "bar_direction": Annotated[
        Literal["upright", "level"] | None, typer.Option(help="The bar moves sideways, or up and down.")
    ],
    "drop": Annotated[float | None, typer.Option(min=0, max=1, help="Share of frames that get lost at random.")],
    "jitter": Annotated[
        float | None, typer.Option(min=0, max=0.5, help="Frames are taken early or late by up to this many periods.")
    ],
    "seed": Annotated[int | None, typer.Option(min=0, help="Of everything that is random.")],
}
SESSION: Group = {
    "session": Annotated[
        Path | None, typer.Option(help="Saved session; options given beside it replace its settings.")
    ],
}

FIELDS = {"model": "models", "height": "height_m", "noise": "noise_px", "jitter": "clock_jitter"}
"""Fields of the experiment and its input that are not called as their options are."""
INPUT = ("subsample", "resample", *STRESS)


def takes(*groups: Group) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator: the command's first parameter becomes the options of these groups, none of them required."""

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
    """The session's experiment, or a fresh one, with every option that was given (is not None) put in."""
    from pydantic import ValidationError

    from engine.experiment.session import invalid_field, load_session
    from engine.experiment.settings import Experiment

    given = {name: value for name, value in given.items() if value is not None}
    session = given.pop("session", None)
    if session is None and "clip" not in given:
        raise InputError("No clip was given; name one with --clip, or a saved one with --session.")
    start = load_session(session) if session is not None else Experiment()
    values = {FIELDS.get(name, name): value for name, value in given.items() if name not in INPUT}
    if "models" in values:
        values["models"] = [{"name": name.strip()} for name in values["models"].split(",") if name.strip()]
    if "delta" in values:
        values["delta"] = _delta(values["delta"])
    if "frames" in values:
        values["frames"] = numbers(values["frames"], ":", "--frames", "FIRST:STOP such as 0:243", least=0)
    chosen = {FIELDS.get(name, name): value for name, value in given.items() if name in INPUT}
    merged = start.model_dump() | values | {"input": start.input.model_dump() | chosen}
    try:
        experiment = Experiment.model_validate(merged)
    except ValidationError as error:
        field, problem = invalid_field(error)
        raise InputError(f"Setting {field} cannot be used: {problem}.") from None
    if need_model and not experiment.models:
        raise InputError("No model was given; name one with --model, for example hummuss_small.")
    return experiment


def numbers(text: str, between: str, option: str, form: str, *, least: int) -> tuple[int, int]:
    """Two whole numbers, such as 1280x720. Raises InputError."""
    parts = text.lower().split(between)
    if len(parts) != 2 or not all(p.isdecimal() and int(p) >= least for p in parts):
        raise InputError(f"{option} {text!r} cannot be read; give {form}.")
    return int(parts[0]), int(parts[1])


def whole_numbers(text: str, option: str, example: str) -> tuple[int, ...]:
    """Numbers from 1 on, separated by commas, in order. Raises InputError."""
    parts = text.split(",")
    if not all(p.strip().isdecimal() and int(p) > 0 for p in parts):
        raise InputError(f"{option} {text!r} cannot be read; give whole numbers such as {example}.")
    return tuple(sorted({int(p) for p in parts}))


def variation(vary: str, levels: str | None) -> tuple[str, tuple[float, ...]]:
    """The field that a sweep varies, by its option's name, and its levels, in order. Raises InputError."""
    from engine.experiment.settings import InputSettings
    from engine.experiment.sweep import VARIATIONS

    options = {name: FIELDS.get(name, name) for name in STRESS if FIELDS.get(name, name) in VARIATIONS}
    if vary not in options:
        raise InputError(f"--vary {vary!r} is not known; choose one of {', '.join(options)}.")
    field = options[vary]
    if levels is None:
        return field, VARIATIONS[field].levels
    try:
        chosen = tuple(sorted({float(part) for part in levels.split(",")}))
        for level in chosen:
            InputSettings.model_validate({field: level})
    except ValueError:
        raise InputError(
            f"--levels {levels!r} cannot be used; give numbers that --{vary} takes, such as "
            f"{','.join(f'{level:g}' for level in VARIATIONS[field].levels)}."
        ) from None
    return field, chosen


def _delta(text: str) -> dict[str, Any]:
    if text in ("auto", "nominal", "trained"):
        return {"mode": text}
    try:
        return {"mode": "factor", "factor": float(text)}
    except ValueError:
        raise InputError(f"--delta {text!r} is not known; give auto, nominal, trained or a positive factor.") from None
