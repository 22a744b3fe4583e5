"""Every network that can be built by name. Torch is imported when one is built, not when they are listed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.models.registry import register

if TYPE_CHECKING:
    from engine.models.hummuss.network import HumMUSS
    from engine.models.motionbert.network import MotionBERT
    from engine.models.sasmamba.network import SasMamba
    from engine.models.toy.network import LinearToy

_hummuss_entry = partial(
    register,
    system="HumMUSS",
    follows_rate="Δ of every temporal SSM follows the frame rate exactly; the spatial SSMs have no time.",
)


def _small(*, causal: bool) -> HumMUSS:
    from engine.models.hummuss.network import HumMUSS, HumMUSSConfig

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


@_hummuss_entry("hummuss_small", summary="bidirectional, small enough to train on two CPU cores", causal=False)
def hummuss_small() -> HumMUSS:
    return _small(causal=False)


@_hummuss_entry(
    "hummuss_small_causal",
    summary="causal, small enough to train on two CPU cores; streams frame by frame",
    causal=True,
)
def hummuss_small_causal() -> HumMUSS:
    return _small(causal=True)


_ANY_RATE = "own extension: trained across frame rates and irregular sampling"


@_hummuss_entry(
    "hummuss_small_anyrate",
    summary=f"bidirectional, the network of hummuss_small; {_ANY_RATE}",
    causal=False,
    across_rates=True,
)
def hummuss_small_anyrate() -> HumMUSS:
    return _small(causal=False)


@_hummuss_entry(
    "hummuss_small_anyrate_causal",
    summary=f"causal, the network of hummuss_small_causal; {_ANY_RATE}",
    causal=True,
    across_rates=True,
)
def hummuss_small_anyrate_causal() -> HumMUSS:
    return _small(causal=True)


@_hummuss_entry("hummuss_16m", summary="bidirectional, the paper's 16 M parameters (sizes reconstructed)", causal=False)
def hummuss_16m() -> HumMUSS:
    from engine.models.hummuss.network import HumMUSS, HumMUSSConfig

    return HumMUSS(HumMUSSConfig())


@_hummuss_entry(
    "hummuss_16m_causal",
    summary="causal, the paper's 16 M parameters (sizes reconstructed); streams frame by frame",
    causal=True,
)
def hummuss_16m_causal() -> HumMUSS:
    from engine.models.hummuss.network import HumMUSS, HumMUSSConfig

    return HumMUSS(HumMUSSConfig(k_time=1, states=32, causal=True))


_motionbert_entry = partial(
    register,
    system="MotionBERT",
    follows_rate="Δ does not exist here: attention weighs frames by their place in a table, "
    "whatever time lies between them.",
    has_delta=False,
)


def _motionbert(*, causal: bool, **sizes: int) -> MotionBERT:
    from engine.models.motionbert.network import MotionBERT, MotionBERTConfig

    return MotionBERT(MotionBERTConfig(causal=causal, **sizes))


@_motionbert_entry(
    "motionbert_small", summary="bidirectional transformer, small enough to train on two CPU cores", causal=False
)
def motionbert_small() -> MotionBERT:
    return _motionbert(causal=False, width=64, depth=3, mlp_ratio=2, heads=2)


@_motionbert_entry(
    "motionbert_small_causal",
    summary="causal transformer, small enough to train on two CPU cores; streams with a key/value cache",
    causal=True,
)
def motionbert_small_causal() -> MotionBERT:
    return _motionbert(causal=True, width=64, depth=3, mlp_ratio=2, heads=2)


@_motionbert_entry("motionbert_lite", summary="bidirectional transformer, the released 16 M parameters", causal=False)
def motionbert_lite() -> MotionBERT:
    return _motionbert(causal=False)


@_motionbert_entry(
    "motionbert_lite_causal",
    summary="causal transformer, 16 M parameters (HumMUSS's baseline); streams with a key/value cache",
    causal=True,
)
def motionbert_lite_causal() -> MotionBERT:
    return _motionbert(causal=True)


@_motionbert_entry("motionbert_full", summary="bidirectional transformer, the released 42 M parameters", causal=False)
def motionbert_full() -> MotionBERT:
    return _motionbert(causal=False, width=512, mlp_ratio=2)


_TIME_JOINT = (
    "Nothing follows the frame rate: the scans walk frames and joints in one sequence, whose step is not a step in "
    "time, the convolutions mix neighbouring frames, and the position table counts frames."
)
_sasmamba_entry = partial(register, system="SasMamba", causal=False, follows_rate=_TIME_JOINT, has_delta=False)
_posemamba_entry = partial(register, system="PoseMamba", causal=False, follows_rate=_TIME_JOINT, has_delta=False)


def _sasmamba(*, width: int, depth: int) -> SasMamba:
    from engine.models.sasmamba.network import SasMamba, SasMambaConfig

    return SasMamba(SasMambaConfig(width=width, depth=depth))


def _posemamba(*, width: int, depth: int) -> SasMamba:
    from engine.models.sasmamba.network import NEIGHBOURS, SasMamba, SasMambaConfig

    return SasMamba(SasMambaConfig(width=width, depth=depth, deformable=False, gathers=NEIGHBOURS))


@_sasmamba_entry(
    "sasmamba",
    summary="bidirectional selective scans with deformable convolution, the published 0.64 M (0.95 M counting all)",
)
def sasmamba() -> SasMamba:
    return _sasmamba(width=64, depth=5)


@_sasmamba_entry(
    "sasmamba_large",
    summary="bidirectional selective scans with deformable convolution, the published 4.1 M (sizes inferred)",
)
def sasmamba_large() -> SasMamba:
    return _sasmamba(width=128, depth=10)


@_posemamba_entry("posemamba_small", summary="bidirectional selective scans, small enough to train on two CPU cores")
def posemamba_small() -> SasMamba:
    return _posemamba(width=64, depth=3)


@_posemamba_entry("posemamba_s", summary="bidirectional selective scans, the published S")
def posemamba_s() -> SasMamba:
    return _posemamba(width=64, depth=10)


@_posemamba_entry("posemamba_b", summary="bidirectional selective scans, the published B")
def posemamba_b() -> SasMamba:
    return _posemamba(width=128, depth=10)


@_posemamba_entry("posemamba_l", summary="bidirectional selective scans, the published L")
def posemamba_l() -> SasMamba:
    return _posemamba(width=128, depth=20)


@register(
    "linear_toy",
    system="Linear toy",
    summary="low-passes of the 2D input with a closed form; shows that Δ is passed on rightly, and does not lift",
    causal=True,
    follows_rate="Δ follows the frame rate exactly.",
    analytic=True,
)
def linear_toy() -> LinearToy:
    from engine.models.toy.network import LinearToy

    return LinearToy()
