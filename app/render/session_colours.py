"""Colours of models in pictures of a session: as its window showed them."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from app.state.sessions import read_view
from engine.experiment.session import load_session
from engine.experiment.settings import Experiment


def colours_of(session: Path | None, experiment: Experiment) -> tuple[int, ...]:
    """An index into the palette for each model: the session's own, else the first that is free. Raises InputError."""
    slots = () if session is None else read_view(load_session(session).view).slots
    seen = {slot.choice: slot.colour for slot in slots}
    taken = {seen[choice] for choice in experiment.models if choice in seen}
    free = (index for index in count() if index not in taken)
    return tuple(seen[choice] if choice in seen else next(free) for choice in experiment.models)
