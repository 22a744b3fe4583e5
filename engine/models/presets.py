"""Every network that can be built by name. Torch is imported when one is built, not when they are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.models.registry import register

if TYPE_CHECKING:
    from engine.models.hummuss import HumMUSS

_DIAGONAL = "Δ of every temporal SSM follows the frame rate exactly; the spatial SSMs have no time."


def _small(*, causal: bool) -> HumMUSS:
    from engine.models.hummuss import HumMUSS, HumMUSSConfig

    return HumMUSS(
        HumMUSSConfig(
            width=64,
            depth=3,
            expansion=2,
            states=8,
            representation=128,
            joint_embedding=True,
            space_step=(1e-2, 1.0),
            causal=causal,
        )
    )


@register(
    "hummuss_small",
    system="HumMUSS",
    summary="bidirectional, small enough to train on two CPU cores",
    causal=False,
    follows_rate=_DIAGONAL,
)
def hummuss_small() -> HumMUSS:
    return _small(causal=False)


@register(
    "hummuss_small_causal",
    system="HumMUSS",
    summary="causal, small enough to train on two CPU cores; streams frame by frame",
    causal=True,
    follows_rate=_DIAGONAL,
)
def hummuss_small_causal() -> HumMUSS:
    return _small(causal=True)


@register(
    "hummuss_16m",
    system="HumMUSS",
    summary="bidirectional, the paper's 16 M parameters (sizes reconstructed)",
    causal=False,
    follows_rate=_DIAGONAL,
)
def hummuss_16m() -> HumMUSS:
    from engine.models.hummuss import HumMUSS, HumMUSSConfig

    return HumMUSS(HumMUSSConfig())


@register(
    "hummuss_16m_causal",
    system="HumMUSS",
    summary="causal, the paper's 16 M parameters (sizes reconstructed); streams frame by frame",
    causal=True,
    follows_rate=_DIAGONAL,
)
def hummuss_16m_causal() -> HumMUSS:
    from engine.models.hummuss import HumMUSS, HumMUSSConfig

    return HumMUSS(HumMUSSConfig(k_time=1, states=32, causal=True))
