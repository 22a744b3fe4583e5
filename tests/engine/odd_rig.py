"""A rig whose legs no rule knows by their names, and the map that says what they are."""

from pathlib import Path

MAP = ",".join(
    f"{role}_{s[0].lower()}={s}b{k}" for s in ("Left", "Right") for k, role in enumerate(("hip", "knee", "ankle"), 1)
)


def odd_bvh(path: Path) -> Path:
    """Write a person whose legs are called b1, b2, b3."""
    lines, channels = ["HIERARCHY"], 0

    def joint(kind, name, offset, children, depth=0):
        nonlocal channels
        pad = "  " * depth
        lines.append(f"{pad}{kind} {name}".rstrip())
        lines.append(f"{pad}{{\n{pad}  OFFSET {offset}")
        if kind != "End Site":
            moves = "6 Xposition Yposition Zposition " if kind == "ROOT" else "3 "
            channels += 6 if kind == "ROOT" else 3
            lines.append(f"{pad}  CHANNELS {moves}Zrotation Xrotation Yrotation")
        for child in children:
            joint(*child, depth=depth + 1)
        lines.append(f"{pad}}}")

    def limb(side, sign):
        arm = ("JOINT", f"{side}ForeArm", f"{28 * sign} 0 0", [("JOINT", f"{side}Hand", f"{25 * sign} 0 0", [])])
        leg = ("JOINT", f"{side}b2", "0 -42 0", [("JOINT", f"{side}b3", "0 -41 0", [("End Site", "", "0 -6 14", [])])])
        return ("JOINT", f"{side}Arm", f"{17 * sign} 40 0", [arm]), ("JOINT", f"{side}b1", f"{9 * sign} -6 0", [leg])

    left, right = limb("Left", 1), limb("Right", -1)
    head = ("JOINT", "Neck", "0 50 0", [("JOINT", "Head", "0 12 0", [("End Site", "", "0 18 0", [])])])
    joint("ROOT", "Hips", "0 0 0", [head, left[0], right[0], left[1], right[1]])
    rows = [" ".join(["0", "93", str(t), *["0"] * (channels - 3)]) for t in range(30)]
    path.write_text("\n".join([*lines, "MOTION", "Frames: 30", "Frame Time: 0.0333", *rows]) + "\n")
    return path
