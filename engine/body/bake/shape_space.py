"""The mean person and the principal directions in which people differ."""

from __future__ import annotations

import numpy as np

from engine.body.bake.source import Float


def principal(people: Float, count: int) -> tuple[Float, Float]:
    """Vertices (N, V, 3) -> their mean (V, 3), and directions (V, 3, count), each one standard deviation long.

    The sign of a direction is that in which people get taller.
    """
    mean = people.mean(0)
    centred = (people - mean).reshape(len(people), -1)
    variances, vectors = np.linalg.eigh(centred @ centred.T / len(people))
    best = np.argsort(variances)[::-1][:count]
    directions = centred.T @ vectors[:, best] / np.sqrt(len(people))  # of length sqrt(variance)
    directions = directions.reshape(*mean.shape, count)
    taller = np.ptp((mean[..., None] + directions)[:, 1], axis=0) - np.ptp(mean[:, 1])
    return mean, directions * np.where(taller < 0, -1.0, 1.0)


def coefficients(mean: Float, directions: Float, people: Float) -> Float:
    """(N, S) shape coefficients nearest to vertices (N, V, 3), by least squares."""
    flat = directions.reshape(-1, directions.shape[-1])
    offsets = (people - mean).reshape(len(people), -1)
    return np.asarray(np.linalg.solve(flat.T @ flat, flat.T @ offsets.T).T)


def distances(mean: Float, directions: Float, shapes: Float, people: Float) -> Float:
    """(N, V) metres between people (N, V, 3) and the bodies of shape coefficients (N, S)."""
    return np.asarray(np.linalg.norm(mean + np.tensordot(shapes, directions, (1, 2)) - people, axis=-1))
