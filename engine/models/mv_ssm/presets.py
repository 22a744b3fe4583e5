"""Every MV-SSM on keypoints that can be built by name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from engine.models.card import ModelCard
from engine.models.hummuss.config import HumMUSSConfig
from engine.models.hummuss.presets import FOLLOWS_RATE
from engine.models.mv_ssm.keypoints_config import KeypointsConfig
from engine.models.mv_ssm.rig_encoding import PIXELS, VIEWS, encoding_of
from engine.models.registry import Family, ModelEntry

if TYPE_CHECKING:
    from engine.models.mv_ssm.classical import Triangulation
    from engine.models.mv_ssm.keypoints import MVSSMKeypoints
    from engine.models.mv_ssm.over_time import MVSSMOverTime

WHOLE = KeypointsConfig()
NO_SCAN = replace(WHOLE, scan=False)
SCAN_ALONE = replace(WHOLE, joint_matrix=False, view_mean=False)
OVER_TIME = HumMUSSConfig(width=64, depth=2, expansion=2, states=8, causal=True, space_step=(1e-2, 1.0))


def _build(config: KeypointsConfig) -> MVSSMKeypoints:
    from engine.models.mv_ssm.keypoints import MVSSMKeypoints

    return MVSSMKeypoints(config)


def _build_over_time() -> MVSSMOverTime:
    from engine.models.mv_ssm.over_time import MVSSMOverTime

    return MVSSMOverTime(NO_SCAN, OVER_TIME)


_OF_VIEWS = partial(
    ModelCard,
    observes="views",
    causal=True,
    follows_rate="Nothing follows the frame rate: every frame is answered by itself.",
    has_delta=False,
)


def _entry(name: str, summary: str, config: KeypointsConfig) -> ModelEntry:
    card = _OF_VIEWS(name=name, system="MV-SSM", summary=summary, encoding=VIEWS)
    return ModelEntry(card, partial(_build, config), encoding=encoding_of)


def _triangulation() -> Triangulation:
    from engine.models.mv_ssm.classical import Triangulation

    return Triangulation()


_OVER_TIME = _OF_VIEWS(
    name="mv_ssm_keypoints_time",
    system="MV-SSM",
    summary="several views' detections over time, own extension: mv_ssm_keypoints_mean, corrected by causal HumMUSS "
    "layers",
    encoding=VIEWS,
    follows_rate=FOLLOWS_RATE,
    has_delta=True,
)

_TRIANGULATION = _OF_VIEWS(
    name="triangulation",
    system="Triangulation",
    summary="the classical answer of several views: Cauchy weights, exchanged sides set right, far views dropped",
    encoding=PIXELS,
    analytic=True,
)

MV_SSM = Family(
    systems=("MV-SSM", "Triangulation"),
    entries=(
        ModelEntry(_TRIANGULATION, _triangulation, encoding=encoding_of),
        _entry(
            "mv_ssm_keypoints",
            "several views' detections, own extension: scans over views and joints, a learned joint matrix, the mean "
            "over views",
            WHOLE,
        ),
        _entry(
            "mv_ssm_keypoints_mean",
            "ablation of mv_ssm_keypoints: without the scan",
            NO_SCAN,
        ),
        _entry(
            "mv_ssm_keypoints_scan",
            "ablation of mv_ssm_keypoints: the scan without joint matrix and mean over views",
            SCAN_ALONE,
        ),
        ModelEntry(_OVER_TIME, _build_over_time, encoding=encoding_of, across_rates=True),
    ),
)
