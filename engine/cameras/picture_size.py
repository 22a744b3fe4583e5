"""Pictures of another size than the calibrated one."""

from __future__ import annotations

from dataclasses import replace

from engine.cameras.pinhole import Camera

GUESSED_RATIO = 1.35
"""Up to which a picture may be larger or smaller than twice the principal point, and was not scaled."""
ROUNDING = 2  # pixels by which sizes may differ after scaling, as encoders want even numbers


def at_size(camera: Camera, size: tuple[int, int], *, sized: bool = True) -> tuple[Camera, str]:
    """Return the camera for pictures of (width, height) pixels, and the sentence about what was taken to have happened.

    The picture was scaled evenly until it fits, and lies in the middle: with the same shape that is all, otherwise
    there are bands at two sides, as encoders add them. A picture with its sides exchanged was not turned by this.
    The sentence is empty where nothing had to be done.
    sized: whether the calibration says its pictures' size; a guessed one gives way to what the pictures have.
    """
    if size == camera.image_size:
        return camera, ""
    ratios = [new / old for new, old in zip(size, camera.image_size, strict=True)]
    if not sized and min(ratios) > 1 / GUESSED_RATIO and max(ratios) < GUESSED_RATIO:
        return replace(camera, image_size=size), ""
    (width, height), (new_width, new_height) = camera.image_size, size
    factor = min(new_width / width, new_height / height)
    bands = new_width - factor * width, new_height - factor * height
    # the centre of the first pixel lies at 0, its edge at -0.5
    principal = tuple((c + 0.5) * factor - 0.5 + band / 2 for c, band in zip(camera.principal, bands, strict=True))
    focal = (camera.focal[0] * factor, camera.focal[1] * factor)
    changed = replace(camera, focal=focal, principal=(principal[0], principal[1]), image_size=size)
    said = f"{camera.name} was calibrated at {width} x {height}; its pictures are {new_width} x {new_height}"
    where = f"with bands of {max(bands) / 2:.0f} px" if max(bands) > ROUNDING else "without bands"
    turned = (new_width > new_height) != (width > height)
    doubt = "; they seem to lie on their side: turn them" if turned else ""
    return changed, f"{said}: taken to be scaled by {factor:.4f} {where}{doubt}."
