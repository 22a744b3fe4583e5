"""File formats: one reader a file, one row each in `BUILT_IN`."""

from __future__ import annotations

from engine.data.reader import Format, Reader


def _bvh() -> Reader:
    from engine.data.formats import bvh

    return bvh


def _asf_amc() -> Reader:
    from engine.data.formats import asf_amc

    return asf_amc


def _keypoint_json() -> Reader:
    from engine.data.formats import keypoint_json

    return keypoint_json


def _kinestate_npz() -> Reader:
    from engine.data.formats import kinestate_npz

    return kinestate_npz


def _amass() -> Reader:
    from engine.data.formats import amass

    return amass


def _smpl_results() -> Reader:
    from engine.data.formats import smpl_results

    return smpl_results


def _joint_arrays() -> Reader:
    from engine.data.formats import joint_arrays

    return joint_arrays


def _trc() -> Reader:
    from engine.data.formats import trc

    return trc


def _c3d() -> Reader:
    from engine.data.formats import c3d

    return c3d


def _ntu_skeleton() -> Reader:
    from engine.data.formats import ntu_skeleton

    return ntu_skeleton


def _pyskl_pickle() -> Reader:
    from engine.data.formats import pyskl_pickle

    return pyskl_pickle


def _space_json() -> Reader:
    from engine.data.formats import space_json

    return space_json


def _h36m_npz() -> Reader:
    from engine.data.formats import h36m_npz

    return h36m_npz


def _mpi_inf_3dhp() -> Reader:
    from engine.data.formats import mpi_inf_3dhp

    return mpi_inf_3dhp


def _threedpw() -> Reader:
    from engine.data.formats import threedpw

    return threedpw


def _motionbert_pickle() -> Reader:
    from engine.data.formats import motionbert_pickle

    return motionbert_pickle


def _live_recording() -> Reader:
    from engine.data.formats import live_recording

    return live_recording


def _live_views() -> Reader:
    from engine.data.formats import live_views

    return live_views


def _video() -> Reader:
    from engine.data.formats.video import VideoReader

    return VideoReader()


BUILT_IN = (
    Format("BVH", _bvh, (".bvh",), text=True),
    Format("ASF/AMC", _asf_amc, (".amc",), text=True),
    Format("Kinestate live recording", _live_recording, (".jsonl",), text=True),
    Format("Kinestate live recording of several cameras", _live_views, (".jsonl",), text=True),
    Format("keypoint JSON (COCO, OpenPose, AlphaPose, MMPose)", _keypoint_json, (".json",), text=True),
    Format("3D keypoint JSON (MMPose 3D, CMU Panoptic, MediaPipe)", _space_json, (".json",), text=True),
    Format("TRC", _trc, (".trc",), text=True),
    Format("C3D", _c3d, (".c3d",)),
    Format("Kinestate npz", _kinestate_npz, (".npz",)),
    Format("AMASS npz", _amass, (".npz",)),
    Format("Human3.6M npz", _h36m_npz, (".npz",)),
    Format("MPI-INF-3DHP npz", _mpi_inf_3dhp, (".npz",)),
    Format("3DPW pickle", _threedpw, (".pkl",)),
    Format("MotionBERT pickle", _motionbert_pickle, (".pkl",)),
    Format("SMPL parameters (AIST++, 4D-Humans, GVHMR, ROMP, VIBE, WHAM)", _smpl_results, (".npz", ".pkl", ".pt")),
    Format("NTU RGB+D skeleton", _ntu_skeleton, (".skeleton",), text=True),
    Format("PYSKL pickle", _pyskl_pickle, (".pkl",)),
    Format("joint arrays in npy, npz or pickle", _joint_arrays, (".npy", ".npz", ".pkl")),
    Format("video", _video, (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv"), alone=True),
)
