"""Layouts of released checkpoints: which network a state dict is of, and how it is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.models.card import ModelCard
from engine.models.encoding import Decoder, Encoder
from engine.models.lifting.encodings import encoding_of

if TYPE_CHECKING:
    from engine.models.checkpoint import State
    from engine.models.network import Network


@dataclass(frozen=True)
class Recognised:
    """What a released checkpoint is: its system, the sizes of its network, and what the file does not say.

    state     under the names of this package's network
    predicts  as `ModelCard.predicts`; labels: of scores
    rate_hz   at which it is run, which no file says either
    certain   of the config: what holds also where a listed network of the same shapes knows what the file does not say
    """

    system: str
    config: dict[str, Any]
    state: State
    assumed: tuple[str, ...] = ()
    predicts: Literal["joints", "body", "scores"] = "joints"
    labels: tuple[str, ...] = ()
    rate_hz: float = 50.0
    certain: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """The released checkpoints of a family.

    mark   the name of a tensor that tells them from other families'
    read   a state dict, and the heads beside it where it is a backbone's -> what it is; KeyError for a tensor that
           lacks, IndexError or ValueError for shapes of no such network
    build  the network of a card's config with fresh weights; KeyError, TypeError or ValueError for another config
    encoding  what stands before and behind such a network
    """

    mark: str
    read: Callable[[State, State], Recognised]
    build: Callable[[dict[str, Any]], Network]
    encoding: Callable[[ModelCard], tuple[Encoder, Decoder]] = encoding_of


def depth_of(state: State, blocks: str) -> int:
    """How many blocks of that name there are, counted without a gap."""
    found = {key.split(".")[1] for key in state if key.startswith(f"{blocks}.")}
    return next(k for k in range(len(found) + 1) if str(k) not in found)
