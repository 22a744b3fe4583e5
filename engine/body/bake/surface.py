"""One closed surface: eyes and mouth shut, and their insides taken away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.body.bake.closest import closest
from engine.body.bake.mirror import mirror_of
from engine.body.bake.source import Float, Index, Source


def closed(source: Source) -> Source:
    """The source with closed lids and lips and nothing behind them."""
    template = source.template + source.blink
    mirror = mirror_of(template)
    outer = source.faces[~source.inner[source.faces].all(1)]
    left = np.concatenate([_zip(template, loop) for loop in _left_loops(template, outer)])
    faces = np.concatenate([outer, left, mirror[left][:, ::-1]])
    used = np.zeros(len(template), bool)
    used[faces] = True
    number = np.cumsum(used) - 1
    keypoints = dict(source.keypoints)
    for name, middle in source.eyeballs.items():  # the lids take over what the eyeball had
        lid = closest(template, faces, middle[None]).toarray()[0]
        keypoints[name] = keypoints[name] + (1 - keypoints[name].sum()) * lid
    return replace(
        source,
        template=template[used],
        shapes=source.shapes[:, used],
        weights=source.weights[np.flatnonzero(used)],
        faces=number[faces],
        keypoints={name: w[used] / w[used].sum() for name, w in keypoints.items()},
        inner=source.inner[used],
        blink=source.blink[used],
    )


def _left_loops(template: Float, faces: Index) -> list[Index]:
    """The open borders, in order around each hole; of a hole on the midline the left half, ends on the midline."""
    directed = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    both = {tuple(edge) for edge in directed.tolist()}
    following = {b: a for a, b in both if (b, a) not in both}  # the hole's own triangles run the other way
    loops = []
    while following:
        first = min(following)
        loop = [first]
        while (after := following.pop(loop[-1])) != first:
            loop.append(after)
        left = template[loop, 0] > -1e-6
        if left.all():
            loops.append(np.array(loop))
        elif (template[loop, 0] > 1e-6).any():
            start = int(np.flatnonzero(left & ~np.roll(left, 1))[0])
            loops.append(np.roll(loop, -start)[: left.sum()])
    return loops


def _zip(template: Float, loop: Index) -> Index:
    """Triangles (F, 3) that fill a slit, corner to corner, each time by the shorter of two edges across."""
    loop = np.roll(loop, -int(template[loop, 0].argmax()))  # the outer corner first
    a, b, triangles = 1, len(loop) - 1, [(loop[0], loop[1], loop[-1])]
    while b - a > 1:
        ahead = np.linalg.norm(template[loop[a + 1]] - template[loop[b]])
        behind = np.linalg.norm(template[loop[a]] - template[loop[b - 1]])
        if ahead < behind:
            triangles.append((loop[a], loop[a + 1], loop[b]))
            a += 1
        else:
            triangles.append((loop[a], loop[b - 1], loop[b]))
            b -= 1
    return np.array(triangles)
