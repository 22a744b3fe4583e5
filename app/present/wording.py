"""Numbers, times and rates in words. No Qt."""

from __future__ import annotations

from engine.experiment.settings import InputSettings

UNTRAINED, UNTRAINED_TIP = "untrained", "Fresh random weights: its numbers mean nothing yet"
"""Of a model that is not `usable`."""


def clock_text(seconds: float) -> str:
    """Format seconds: 1.24 -> "0:01.24", 3601.24 -> "1:00:01.24"."""
    hundredths = round(max(seconds, 0.0) * 100)
    hours, minutes = divmod(hundredths // 6000, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def number(value: float | None, digits: int = 1) -> str:
    """Format a number, with a thin space between thousands; a dash where there is none."""
    if value is None or value != value:
        return "–"
    return f"{value:,.{digits}f}".replace(",", "\u2009")


def hertz(rate: float) -> str:
    """Format a rate: 60 -> "60 Hz", 3.75 -> "3.75 Hz", 59.94 -> "59.94 Hz"."""
    text = f"{rate:.2f}".rstrip("0").rstrip(".")
    return f"{text} Hz"


def mean_rate(given: InputSettings, source_hz: float) -> str:
    """Format the rate of a degraded clip: "30 Hz", or "18 Hz on average" where frames are dropped."""
    return f"{hertz(given.mean_hz(source_hz))}{' on average' if given.level('drop') else ''}"


def length(metres: float) -> str:
    """Format a small distance in the unit that suits it: 1.2e-8 -> "12 nm"."""
    unit, name = next((u for u in ((1e-9, "nm"), (1e-6, "µm")) if metres < 999.5 * u[0]), (1e-3, "mm"))
    return f"{metres / unit:.3g} {name}"


def duration(seconds: float) -> str:
    """Format a duration: 0.0167 -> "17 ms", 3.41 -> "3.4 s", 63.2 -> "63 s"."""
    if seconds < 0.0995:
        return f"{1000 * seconds:.2g} ms"
    return f"{seconds:.0f} s" if seconds >= 9.95 else f"{seconds:.2g} s"


def count_of(count: int, noun: str) -> str:
    """Format a count: (1, "clip") -> "1 clip", (3, "clip") -> "3 clips"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
