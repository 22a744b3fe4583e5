"""Small synthetic files in every layout that the readers know, with values that tests can predict."""

import base64
import json
import pickle
import struct
import zlib
from pathlib import Path

import numpy as np

from engine.motion.skeleton import H36M_17

FRAMES = 6

# A person of 1.7 m in metres, Z up, facing -Y, arms hanging; H36M-17, left is +X.
STANDING = np.array(
    [
        (0, 0, 0.93), (-0.12, 0, 0.92), (-0.12, 0, 0.50), (-0.12, 0.03, 0.08), (0.12, 0, 0.92), (0.12, 0, 0.50),
        (0.12, 0.03, 0.08), (0, 0, 1.16), (0, 0, 1.40), (0, -0.08, 1.50), (0, 0, 1.62), (0.17, 0, 1.38),
        (0.19, 0, 1.10), (0.19, -0.02, 0.86), (-0.17, 0, 1.38), (-0.19, 0, 1.10), (-0.19, -0.02, 0.86),
    ]
)  # fmt: skip


def walking(frames: int = FRAMES) -> np.ndarray:
    """(frames, 17, 3) metres: STANDING, gliding along X, with one arm rising."""
    clip = np.repeat(STANDING[None], frames, axis=0)
    clip[:, :, 0] += 0.1 * np.arange(frames)[:, None]
    clip[:, 13, 2] += 0.05 * np.arange(frames)
    return clip


def to_camera_axes(points: np.ndarray) -> np.ndarray:
    """Z up, facing -Y -> x right, y down, z forward, seen from the front."""
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([x, -z, y], axis=-1)


def amass(path: Path, **changes) -> Path:
    poses = np.zeros((FRAMES, 156))
    poses[:, 0] = np.pi / 2
    arrays = {
        "poses": poses, "trans": np.tile([1.0, 2.0, 0.95], (FRAMES, 1)), "mocap_framerate": np.array(120.0),
        "gender": np.array("male"), "betas": np.zeros(16), "dmpls": np.zeros((FRAMES, 8)),
    } | changes  # fmt: skip
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
    return path


def h36m_3d(path: Path, positions=None) -> Path:
    if positions is None:
        positions = {"S1": {"Walking 1": spread_to_32(walking())}, "S9": {"Sitting": spread_to_32(walking(3))}}
    np.savez_compressed(path, positions_3d=np.array(positions, dtype=object))
    return path


def spread_to_32(points: np.ndarray) -> np.ndarray:
    whole = np.full((len(points), 32, 3), 9.0)
    whole[:, [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]] = points
    return whole


def h36m_2d(path: Path, positions=None, layout="h36m") -> Path:
    if positions is None:
        views = [np.full((FRAMES, 17, 2), 100.0 * c) + np.arange(17)[None, :, None] for c in range(4)]
        positions = {"S1": {"Walking 1": views}}
    metadata = {"layout_name": layout, "num_joints": 17, "keypoints_symmetry": [[4, 5], [1, 2]]}
    np.savez_compressed(path, positions_2d=np.array(positions, dtype=object), metadata=np.array(metadata, dtype=object))
    return path


def to_3dhp(points: np.ndarray) -> np.ndarray:
    """H36M-17 order -> MPI-INF-3DHP-17 order (specification 1.7, inverted)."""
    whole = np.empty_like(points)
    whole[:, [14, 8, 9, 10, 11, 12, 13, 15, 1, 16, 0, 5, 6, 7, 2, 3, 4]] = points
    return whole


def mpi_inf_3dhp(path: Path, *, test: bool = False, **changes) -> Path:
    data = to_3dhp(to_camera_axes(walking()) * 1000 + [0.0, 1000.0, 4000.0])
    root = data[:, 14:15].copy()
    data = data - root
    data[:, 14:15] = root
    view = {"data_2d": np.full((FRAMES, 17, 2), 700.0), "data_3d": data} | changes
    if test:
        content = {"TS5": view | {"valid": np.array([1, 1, 0, 1, 1, 1])}, "TS1": view}
    else:
        content = {"S1 Seq1": [{"0": view, "4": view}, 50], "S2 Seq2": [{"0": view}, 25]}
    np.savez_compressed(path, data=np.array(content, dtype=object))
    return path


def smpl24(points: np.ndarray) -> np.ndarray:
    """A rough SMPL-24 of H36M-17 points: enough to know heads from feet."""
    return points[:, [0, 4, 1, 7, 5, 2, 7, 6, 3, 8, 6, 3, 8, 11, 14, 9, 11, 14, 12, 15, 13, 16, 13, 16]]


def threedpw(path: Path, **changes) -> Path:
    world = walking()[..., [0, 2, 1]] * [1, 1, -1]  # Y up, facing +Z
    joints = smpl24(world).reshape(FRAMES, 72)
    pose = np.eye(4)
    pose[:3, :3] = np.diag([1.0, -1.0, -1.0])  # looks along -Z at a subject who faces +Z
    pose[:3, 3] = [0.0, 1.0, 4.0]
    points = np.zeros((FRAMES, 3, 18))
    points[:, 0], points[:, 1], points[:, 2] = np.arange(18), 10 * np.arange(18), 0.5
    points[:, :, 3] = 0
    content = {
        "sequence": "downtown_test_00",
        "jointPositions": [joints, joints + 1],
        "poses2d": [points, points],
        "cam_poses": np.tile(pose, (FRAMES, 1, 1)),
        "cam_intrinsics": np.array([[1960.0, 0, 540], [0, 1960, 960], [0, 0, 1]]),
        "campose_valid": [np.array([0, 1, 1, 0, 1, 1]), np.ones(FRAMES, int)],
        "genders": ["m", "f"],
    } | changes
    path.write_bytes(pickle.dumps(content, protocol=2))
    return path


def motionbert(path: Path, **changes) -> Path:
    def part(camera: str, source: str) -> dict:
        pixels = to_camera_axes(walking()) * 200  # 5 mm per pixel
        pixels[..., :2] += 500
        return {
            "joint_2d": pixels[..., :2].astype(np.float32),
            "confidence": np.full((FRAMES, 17), 0.7, np.float32),
            "joint3d_image": pixels.astype(np.float32),
            "camera_name": np.array([camera] * FRAMES),
            "source": [f"{source}_1"] * 2 + [f"{source}_2"] * (FRAMES - 2),
        }

    test = part("54138969", "s_09") | {"2.5d_factor": np.full(FRAMES, 5.0), "action": ["Walking"] * FRAMES}
    path.write_bytes(pickle.dumps({"train": part("55011271", "s_01"), "test": test | changes}, protocol=4))
    return path


def motionbert_clip(path: Path, **changes) -> Path:
    label = to_camera_axes(walking()) * 0.3
    points = np.concatenate([label[..., :2], np.full((FRAMES, 17, 1), 0.5)], axis=-1)
    path.write_bytes(pickle.dumps({"data_input": points, "data_label": label} | changes))
    return path


def aist(path: Path, **changes) -> Path:
    """AIST++: a T-pose that faces the file's +Z, two metres before the origin, in units of 1/93 m."""
    content = {
        "smpl_poses": np.zeros((4, 72)), "smpl_trans": 93.0 * np.tile([1.0, 0.9, 2.0], (4, 1)),
        "smpl_scaling": np.array([93.0]), "smpl_loss": 0.1,
    }  # fmt: skip
    path.write_bytes(pickle.dumps(content | changes))
    return path


JOBLIB = (  # {7: {pose (3, 72), betas (3, 10), pred_cam (3, 3), frame_ids [4, 5, 8]}}, written by joblib 1.5
    "c-rk$O-sW-5KWtgCRN(1D2jie9xNU_co0;)sDXf9JcdoPb))%Mb`vCrLOob3?9J(~^W-myn>JCTiU$u~`e1ivcIWLp26l$E$(u660L=OTI-*"
    "7+jzO&5Mvm_}-7pDgYE!Rw=gZR-D-TZ?L+Ld`lwt-iu=4;pQRj)%^AYDDv?&WjJ#<l?E0cuA38ENG)jS)?C}OT8i^{3=-8hvu#3((PUG49~"
    "^Y{s_pku0{atM}XU1So|%~WD=L<9MLbZ-X%qA(WQGo{mdHuAljFu-AKJ86tLnC-+-CGoX&eyl9;BNqKx^ye>_>=usD92_GKM4L?qqLU@EEI)r"
    "^1f)q?q)pbz=9p~dKhwxc{G0B*QnyYScI_St=B2CONN;9epeVzm-`3=^tY!2W3b5_D^L=_OORb8kcknq1$;SL3{18*gYQ@u9VfDf$y!#G-ipLf"
)


def vibe(path: Path) -> Path:
    """VIBE's joblib file of one person in three frames: a T-pose before a camera."""
    path.write_bytes(zlib.decompress(base64.b85decode(JOBLIB)))
    return path


def c3d_file(path, names, positions, *, order="<", scale=-1.0, unit="mm", rate=100.0, analog=0):
    """A C3D file (T, N, 3) in its unit, by the guide: any byte order of IEEE numbers, integers where scale > 0."""

    def parameter(group, name, size, dimensions, content):
        body = struct.pack("bB", size, len(dimensions)) + bytes(dimensions) + content + b"\0"
        return struct.pack("bb", len(name), group) + name + struct.pack(order + "h", len(body) + 2) + body

    def real(value):
        return struct.pack(order + "f", value)

    width = max(map(len, names))
    labels = b"".join(name.ljust(width).encode() for name in names)
    content = struct.pack("bb", 5, -1) + b"POINT" + struct.pack(order + "h", 3) + b"\0"
    content += parameter(1, b"USED", 2, (), struct.pack(order + "H", len(names)))
    content += parameter(1, b"SCALE", 4, (), real(scale)) + parameter(1, b"RATE", 4, (), real(rate))
    content += parameter(1, b"UNITS", -1, (len(unit),), unit.encode())
    content += parameter(1, b"LABELS", -1, (width, len(names)), labels) + bytes(2)
    blocks = -(-(len(content) + 4) // 512)
    head = struct.pack("BB", 2, 0x50) + struct.pack(order + "5H", len(names), analog, 1, len(positions), 10)
    head += real(scale) + struct.pack(order + "2H", 2 + blocks, analog) + real(rate)
    section = bytes([1, 0x50, blocks, 84 if order == "<" else 86]) + content
    unseen = np.isnan(positions).any(-1, keepdims=True)
    values = np.nan_to_num(positions) / (1 if scale < 0 else scale)
    values = np.concatenate([values, np.where(unseen, -1.0, 0.0)], axis=-1).reshape(len(positions), -1)
    values = np.concatenate([values, np.zeros((len(positions), analog))], axis=1)
    data = values.astype(order + "f4") if scale < 0 else np.round(values).astype(order + "i2")
    path.write_bytes(head.ljust(512, b"\0") + section.ljust(512 * blocks, b"\0") + data.tobytes())
    return path


def joint_array(path: Path) -> Path:
    with path.open("wb") as file:
        np.save(file, walking())
    return path


def trc_markers(path: Path) -> Path:
    names = "\t\t\t".join(name.replace(" ", "_") for name in H36M_17.names)
    rows = [f"{t + 1}\t{t / 100:.3f}\t" + "\t".join(f"{v:.3f}" for v in row) for t, row in
            enumerate(1000 * walking().reshape(FRAMES, -1))]  # fmt: skip
    path.write_text(
        f"PathFileType\t4\t(X/Y/Z)\ta.trc\nDataRate\tNumFrames\tNumMarkers\tUnits\n100\t{FRAMES}\t17\tmm\n"
        f"Frame#\tTime\t{names}\n\n" + "\n".join(rows)
    )
    return path


def mmpose_3d(path: Path) -> Path:
    """MMPose's 3D predictions: H36M-17 in metres, Z up."""
    frames = [
        {"frame_id": t, "instances": [{"keypoints": pose.tolist(), "keypoint_scores": [0.9] * 17}]}
        for t, pose in enumerate(walking())
    ]
    return dump(path, {"meta_info": {}, "instance_info": frames})


def ntu25(points: np.ndarray) -> np.ndarray:
    """NTU-25 of H36M-17 points."""
    return points[:, [0, 7, 9, 10, 11, 12, 13, 13, 14, 15, 16, 16, 4, 5, 6, 6, 1, 2, 3, 3, 8, 13, 13, 16, 16]]


def ntu_skeleton(path: Path, people=((range(FRAMES), 0.0),)) -> Path:
    """NTU RGB+D, the sensor 1.2 m high: of each person the frames and how far to the side, metres."""
    points = ntu25(walking())[..., [0, 2, 1]] * [-1, 1, 1] + [0, -1.2, 3.0]  # Y up, facing the sensor at -Z
    lines = [str(FRAMES)]
    for t in range(FRAMES):
        here = [(k, side) for k, (frames, side) in enumerate(people) if t in frames]
        lines.append(str(len(here)))
        for k, side in here:
            lines += [f"{72057594037944738 + k} 0 1 1 1 1 0 0.1 -0.2 2", "25"]
            for x, y, z in points[t] + [side, 0, 0]:
                lines.append(f"{x:.7f} {y:.7f} {z:.7f} 200 150 {960 + 300 * x:.4f} {540 - 300 * y:.4f} 0 0 0 1 2")
    path.write_text("\r\n".join([*lines, ""]))
    return path


def pyskl(path: Path, **changes) -> Path:
    """Three clips: one person, two people, and one person with an empty second."""
    points = walking()[..., [0, 2]] * [100, -100] + [400, 300]
    one = points[:, [9, 9, 9, 9, 9, 11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3]].astype(np.float16)

    def clip(name: str, people: list[np.ndarray]) -> dict:
        score = np.full((len(people), FRAMES, 17), 0.8, np.float16)
        return {
            "frame_dir": name, "label": 58, "img_shape": (480, 640), "total_frames": FRAMES, "keypoint_score": score,
            "keypoint": np.stack(people),
        } | changes  # fmt: skip

    clips = [clip("S001C001P001R001A059", [one]), clip("b", [one, one + 100]), clip("c", [one, 0 * one])]
    content = {"split": {"xsub_train": ["b"]}, "annotations": clips}
    path.write_bytes(pickle.dumps(content))
    return path


def person_2d(frame: int = 0, joints: int = 17, at: float = 0.0) -> list[float]:
    """x, y, confidence of one person: joint j at (100 + 10 j + frame + at, 200 + j), confidence 0.9."""
    return [n for j in range(joints) for n in (100.0 + 10 * j + frame + at, 200.0 + j, 0.9)]


def coco(path: Path, frames: int = FRAMES) -> Path:
    return dump(
        path, [{"image_id": t, "category_id": 1, "keypoints": person_2d(t), "score": 0.9} for t in range(frames)]
    )


def alphapose(path: Path, frames: int = FRAMES) -> Path:
    entries = [
        {"image_id": f"{t}.jpg", "keypoints": person_2d(t, 26, at), "score": 2.5, "idx": track, "box": [0, 0, 9, 9]}
        for t in range(frames)
        for track, at in ((1, 0.0), (2, 500.0))
        if track == 1 or t % 2
    ]
    return dump(path, entries)


def openpose_frame(path: Path, frame: int = 0, people: int = 1) -> Path:
    found = [{"person_id": [-1], "pose_keypoints_2d": person_2d(frame, 25, 300.0 * p)} for p in range(people)]
    return dump(path, {"version": 1.3, "people": found})


def openpose_folder(folder: Path, frames: int = FRAMES) -> Path:
    folder.mkdir()
    for t in range(frames):
        openpose_frame(folder / f"video_{t:012d}_keypoints.json", t)
    return folder


def mmpose(path: Path, frames: int = FRAMES) -> Path:
    def instance(frame: int) -> dict:
        points = np.reshape(person_2d(frame), (17, 3))
        return {"keypoints": points[:, :2].tolist(), "keypoint_scores": points[:, 2].tolist(), "bbox_score": 0.8}

    info = [{"frame_id": t + 1, "instances": [instance(t)]} for t in range(frames)]
    return dump(path, {"meta_info": {"num_keypoints": 17}, "instance_info": info})


def dump(path: Path, content) -> Path:
    path.write_text(json.dumps(content))
    return path


def bvh(path: Path, frames: int = 3) -> Path:
    """A person of three bones in centimetres; only for the registry, the reader has its own tests."""
    joints = [("Head", "0 60 0"), ("LeftUpLeg", "10 0 0"), ("RightUpLeg", "-10 0 0")]
    body = "".join(
        f"JOINT {n}\n{{\nOFFSET {o}\nCHANNELS 3 Zrotation Xrotation Yrotation\nEnd Site\n{{\nOFFSET 0 {e} 0\n}}\n}}\n"
        for (n, o), e in zip(joints, (20, -90, -90), strict=True)
    )
    channels = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    rows = "\n".join(" ".join([str(t), "90", *["0"] * 13]) for t in range(frames))
    path.write_text(
        f"HIERARCHY\nROOT Hips\n{{\nOFFSET 0 0 0\n{channels}\n{body}}}\n"
        f"MOTION\nFrames: {frames}\nFrame Time: 0.01\n{rows}\n"
    )
    return path


assert len(H36M_17) == STANDING.shape[0]
