"""The picture of SSD-Poser's decoder: jitter over time with and without its convolutions, and a joint's spectrum.

The paper (arXiv 2504.18332) gives the ablation as one number: jitter 8.19 with the frequency-aware decoder and 23.22
without, in 10² m/s³ on AMASS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.experiment.results import Results
from engine.export.chart import PAGE, LineStyle, drawing, legend_on_top, plain_numbers
from engine.export.palette import LIGHT, ChartTheme, model_colour
from engine.metrics.motion import derivative
from engine.metrics.world import joints_of, world_jitter_100_m_s3
from engine.motion.clip import rate_hz
from engine.motion.pose import BodyPose
from engine.motion.skeleton import SMPL_24

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Float = NDArray[np.float64]

HEIGHT = 2.4
MEAN_S = 0.25
"""Jitter is drawn as its mean over so long."""
SEGMENT_S = 4.0
"""Of which spectra are averaged: they tell frequencies apart by one over it."""


@dataclass(frozen=True, eq=False)
class Smoothness:
    """How smoothly a body moves.

    label    whose it is
    times    (T - 3,) seconds, of the third derivatives;  jitter (T - 3,) 10² m/s³, of 22 joints in the world
    hz       (F,);  spectrum (F,) of the joint's acceleration in the world, m/s² per square root of a hertz
    """

    label: str
    times: Float
    jitter: Float
    hz: Float
    spectrum: Float


def smoothness(label: str, pose: BodyPose, joint: int) -> Smoothness:
    """Measure a body that has a place in the world; joint as in SMPL's tree. Raises InputError for a short clip."""
    places = joints_of(pose)
    if len(places) < 8:
        raise InputError(f"{label}: {len(places)} frames are too few for a spectrum; choose more.")
    jitter = world_jitter_100_m_s3(places, pose.times).mean(1)
    hz, spectrum = spectrum_of(derivative(places[:, joint], pose.times, 2), rate_hz(pose.times))
    return Smoothness(label, pose.times[3:], jitter, hz, spectrum)


def spectrum_of(signal: Float, hz: float) -> tuple[Float, Float]:
    """Frequencies (F,) and the amplitude spectral density (F,) of a signal (T, 3): Welch's mean over segments."""
    from scipy.signal import welch

    found, power = welch(signal, hz, nperseg=min(len(signal), round(SEGMENT_S * hz)), axis=0)
    return np.asarray(found), np.sqrt(power.sum(1))


def smoothness_of(results: Results, joint: str) -> list[Smoothness]:
    """The truth's and each model's. Raises InputError for a joint or a model without a place for it."""
    if joint not in SMPL_24.names:
        raise InputError(f"There is no joint {joint!r} in a body; choose one of {', '.join(SMPL_24.names)}.")
    bodies = {"truth": results.truth_body} | {model.label: model.body for model in results.models}
    found = []
    for label, pose in bodies.items():
        if pose is None or pose.root is None:
            raise InputError(f"{label} has no body in the world; choose a 3D clip and models that predict a body.")
        found.append(smoothness(label, pose, SMPL_24.index(joint)))
    return found


def decoder_chart(found: list[Smoothness], title: str, joint: str, theme: ChartTheme = LIGHT) -> Figure:
    """Draw jitter over time beside the spectrum; the first is the truth, in grey, and below the others."""
    from matplotlib.figure import Figure

    colours = [theme.muted, *map(model_colour, range(len(found) - 1))]
    with drawing(theme):
        figure = Figure((PAGE, HEIGHT), layout="constrained")
        handles = [LineStyle().sample(colour, theme) for colour in colours]
        labels = [f"{each.label}, jitter {each.jitter.mean():.2f}" for each in found]
        legend_on_top(figure, handles, labels, HEIGHT)
        over_time, over_hz = figure.subplots(1, 2)
        for each, colour in zip(found, colours, strict=True):
            over_time.plot(each.times, running_mean(each.times, each.jitter), color=colour, linewidth=1.0)
            over_hz.plot(each.hz[1:], each.spectrum[1:], color=colour, linewidth=1.2)
        over_time.set_title(title)
        over_time.set_xlabel("time (s)")
        over_time.set_ylabel("jitter in the world (10² m/s³)")
        over_time.set_ylim(bottom=0.0)
        over_hz.set_title(f"{joint}: spectrum of its acceleration")
        over_hz.set_xlabel("frequency (Hz)")
        over_hz.set_ylabel("m/s² per √Hz")
        over_hz.set_yscale("log")
        plain_numbers(over_hz)
    return figure


def running_mean(times: Float, values: Float) -> Float:
    """The mean of values (T,) over `MEAN_S` around each time."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    first = np.searchsorted(times, times - MEAN_S / 2)
    stop = np.searchsorted(times, times + MEAN_S / 2, side="right")
    return np.asarray((total[stop] - total[first]) / (stop - first))
