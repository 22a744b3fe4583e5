"""Formats that are not read, and how their motion gets into one that is."""

from __future__ import annotations

from pathlib import Path

from engine.errors import InputError, file_error

_BLENDER = "open it in Blender (File, Import) and write it with File, Export, Motion Capture (.bvh)"
_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"Kaydara FBX Binary", "an FBX file", _BLENDER),
    (b"; FBX", "an FBX file in text", "convert it to binary FBX (Autodesk's FBX Converter), then " + _BLENDER),
    (b"glTF", "a glTF file", _BLENDER),
    (b"BLENDER", "a Blender file", "write its armature with File, Export, Motion Capture (.bvh)"),
    (b"PXR-USDC", "a USD file", _BLENDER),
    (b"#usda", "a USD file", _BLENDER),
    (b"Vocaloid Motion Data", "an MMD motion", "bake it on its model in Blender and export Motion Capture (.bvh)"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "write its joints as an array (frames, joints, 3) with numpy.save"),
    (b"MATLAB 5.0 MAT-file", "a MATLAB file", "write its joints as an array (frames, joints, 3) with numpy.save"),
)
"""How such files begin, their name, and the remedy."""


def refusal(head: bytes, path: Path) -> InputError | None:
    """Return the error for a file of a format that is known and not read; None for any other."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for start, name, remedy in _STARTS:
        if text.startswith(start):
            return file_error(path, "this", f"is {name}, which is not read", remedy)
    return None
