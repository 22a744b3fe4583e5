"""Sessions of version 1, brought to version 2: the same experiment, the same figures."""

from __future__ import annotations

from typing import Any

_SOURCE = ("select", "frames")
_OVERRIDES = ("rate_hz", "unit", "up")
_LEVELS = ("noise_px", "mask", "limbs", "bar", "drop", "clock_jitter")
_STAMPS = {"kinestate": "kinestate", "clip_sha256": "source_sha256", "weights_sha256": "weights_sha256"}
_OWN = {"version", "clip", "camera", "input", "delta", "models", "height_m", "view", *_SOURCE, *_OVERRIDES, *_STAMPS}


def from_version_1(found: dict[str, Any]) -> dict[str, Any]:
    """The content of a session file of version 1 as that of version 2; what is not known is kept, for its error."""
    found = dict(found)
    given = dict(found.get("input") or {})
    delta = found.get("delta") or {}
    resample = bool(given.pop("resample", False))
    levels = {field: given.pop(field) for field in _LEVELS if field in given}
    options = {"bar_direction": given.pop("bar_direction")} if "bar_direction" in given else {}
    unknown = {key: value for key, value in found.items() if key not in _OWN}
    overrides = {key: found[key] for key in _OVERRIDES if key in found}
    source = {"path": found["clip"]} | {key: found[key] for key in _SOURCE if key in found} if "clip" in found else {}
    experiment = {
        "source": source | {"overrides": overrides},
        "viewpoint": {"camera": found["camera"]} if "camera" in found else {},
        "input": given | {"levels": levels, "options": options},
        "rate": _policy(delta, resample),
        "models": [_choice(choice, delta, resample) for choice in found.get("models") or ()],
        "height_m": found.get("height_m"),
    }
    stamps = {new: found[old] for old, new in _STAMPS.items() if old in found}
    view = dict(found.get("view") or {})
    if "slots" in view:
        view["slots"] = [slot | {"choice": _choice(slot["choice"], delta, resample)} for slot in view["slots"]]
    return {"experiment": experiment | unknown, "stamps": stamps, "view": view}


def _policy(delta: dict[str, Any], resample: bool) -> dict[str, Any]:
    """Δ's mode and the flag of resampling as one policy: resampled input left only a factor to choose."""
    if not resample:
        return delta
    return {"mode": "resample", "factor": delta.get("factor", 1.0) if delta.get("mode") == "factor" else 1.0}


def _choice(choice: dict[str, Any], delta: dict[str, Any], resample: bool) -> dict[str, Any]:
    """A model's choice, of which either half could be the experiment's."""
    choice = dict(choice)
    own_delta, own_resample = choice.pop("delta", None), choice.pop("resample", None)
    if own_delta is None and own_resample is None:
        return choice
    return choice | {"rate": _policy(own_delta or delta, resample if own_resample is None else own_resample)}
