"""What the windows beside the main one need: a state with a clip, workers, small real networks with fresh weights."""

from __future__ import annotations

import threading
from collections.abc import Callable

import torch
from window_fakes import swaying

from app.state.clip import LoadedClip, Reader
from app.state.settings import Settings, Slot
from app.state.state import State
from engine.experiment.settings import ModelChoice
from engine.models.card import ModelCard
from engine.models.hummuss.config import HumMUSSConfig
from engine.models.hummuss.network import HumMUSS
from engine.models.lifting.encodings import encoding_of
from engine.models.model import Model
from engine.models.motionbert.config import MotionBERTConfig
from engine.models.motionbert.network import MotionBERT
from engine.models.sasmamba.config import SasMambaConfig
from engine.models.sasmamba.network import SasMamba

BOTH, CAUSAL = "hummuss_small", "hummuss_small_causal"


class Small:
    """Loads tiny networks under the names of shipped ones; remembers on which threads that was done."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def __call__(self, name: str, device: str = "cpu") -> Model:
        self.threads.append(threading.get_ident())
        torch.manual_seed(0)
        causal = name.endswith("causal")
        network = self.network(name, causal)
        card = ModelCard(name=name, system="", summary="", causal=causal, follows_rate="")
        return Model(network, *encoding_of(card), card)

    def network(self, name: str, causal: bool) -> torch.nn.Module:
        if name.startswith("motionbert"):
            return MotionBERT(MotionBERTConfig(width=16, depth=1, heads=2, causal=causal))
        if name.startswith("sasmamba"):
            return SasMamba(SasMambaConfig(width=8, depth=1, states=4))
        return HumMUSS(
            HumMUSSConfig(width=16, depth=1, expansion=1, k_time=1, states=4, representation=16, causal=causal)
        )


class Slow(Small):
    """Its networks begin to predict when `wait` has returned."""

    def __init__(self, wait: Callable[[], object]) -> None:
        super().__init__()
        self.wait = wait

    def __call__(self, name: str, device: str = "cpu") -> Model:
        lifter = super().__call__(name, device)
        forward = lifter.forward

        def late(*args, **options):
            self.wait()
            return forward(*args, **options)

        lifter.forward = late  # type: ignore[method-assign]
        return lifter


def state_with(*models: str, frames: int = 60) -> State:
    """A state that looks at the swaying person with these models on."""
    state = State()
    state.document.settings = Settings(slots=tuple(Slot(ModelChoice(name=name), k) for k, name in enumerate(models)))
    state.set_clip(LoadedClip("swaying.npz", Reader(), swaying(frames)))
    return state
