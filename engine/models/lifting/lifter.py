"""A lifting network made usable: keypoints in pixels in, metres in the camera's axes out; whole or as a stream.

Around every lifting network stand the same two conversions: the follow camera in front
(`engine.models.lifting.follow`) and the person's size behind (networks predict in units of the head-to-ankle bone
chain, `engine.motion.stature`). Imported networks that were trained on image coordinates have a pair of their own
(`engine.models.lifting.image_plane`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from engine.cameras.pinhole import Camera, look_at
from engine.errors import InputError, file_error
from engine.models.card import ModelCard
from engine.models.counting import count
from engine.models.devices import check_device
from engine.models.hummuss.fast_step import StepRunner, step_runner
from engine.models.lifting.follow import FollowState, follow
from engine.models.lifting.image_plane import image_inputs, image_metres
from engine.models.lifting.windows import in_windows
from engine.motion.skeleton import H36M_17
from engine.motion.stature import ANKLE_HEIGHT_M
from engine.observation.keypoints import Keypoints2D

if TYPE_CHECKING:
    from engine.models.registry import ModelEntry

Float = NDArray[np.float64]
RateLike = float | Float

ASSUMED_FOV_DEG = 45.0
"""Vertical field of view assumed for keypoints whose camera is unknown."""


class Lifter:
    """A network with its card. Call from one thread at a time."""

    def __init__(self, network: torch.nn.Module, card: ModelCard, device: str = "cpu") -> None:
        self.network: Any = network.to(device).eval()
        self.card = card
        self.device = torch.device(device)

    @classmethod
    def load(cls, entry: ModelEntry, device: str = "cpu") -> Lifter:
        """The shipped weights, or fresh ones from seed 0 for a model that is not trained (its card says so).

        Raises InputError for weights that are not what the card describes, and for a device that is not there.
        """
        check_device(device, entry.name)
        torch.set_num_threads(inference_threads())
        if not entry.trained:
            torch.manual_seed(0)
        network = entry.build()
        card = entry.card
        if entry.trained:
            digest = hashlib.sha256(entry.weights.read_bytes()).hexdigest()
            if card.weights_sha256 and card.weights_sha256 != digest:
                raise file_error(
                    entry.weights, "content", "is not what its card describes", "restore the file or train again"
                )
            state = load_file(entry.weights)
            expected = network.state_dict()
            wrong = sorted(k for k in expected.keys() | state.keys() if _shape(expected, k) != _shape(state, k))
            if wrong:
                raise file_error(
                    entry.weights, f"tensor {wrong[0]}", "does not fit this model", f"use weights of {entry.name}"
                )
            network.load_state_dict(state)
        if not card.params:  # nobody has counted it yet: untrained ones
            card = card.model_copy(update=asdict(count(network)))
        return cls(network, card, device)

    # -- whole clips --------------------------------------------------------------------------------------

    @torch.inference_mode()
    def predict(self, keypoints: Keypoints2D, *, height_m: float, rate: RateLike = 1.0) -> Float:
        """Root-relative positions (T, 17, 3) in metres, in the axes of the keypoints' camera (x right, y down).

        keypoints in H36M-17 order; height_m is the person's standing height; rate is the elapsed time per frame in
        trained frame periods: one number, or (T,) the time before each frame.
        """
        camera = _camera(keypoints)
        if self.card.input == "image":
            return image_metres(_array(self._run(image_inputs(keypoints), rate)), height_m)
        rays = camera.rays(keypoints.xy)
        seen = follow(rays, keypoints.confidence, keypoints.times, causal=self.card.causal)
        return _metres(self._run(seen.inputs, rate), seen.rotation, height_m)

    def _run(self, frames: Float, rate: RateLike) -> Tensor:
        """The network on (T, 17, 3)."""
        inputs = self._tensor(frames)[None]
        longest = getattr(self.network, "max_frames", None)
        if longest is None:
            output: Tensor = self.network(inputs, self._rate(rate))
        else:  # a network that knows frames by their place has no use for the rate
            output = in_windows(self.network, inputs, longest, causal=self.card.causal)
        return output[0]

    # -- streams ------------------------------------------------------------------------------------------

    def stream(self, *, height_m: float) -> LifterStream:
        """A fresh stream; InputError for a bidirectional model, which needs the future."""
        if not self.card.causal:
            raise InputError(
                f"{self.card.name} is bidirectional: it needs frames that have not happened yet and cannot be "
                "streamed; choose a causal model."
            )
        return LifterStream(self, height_m)

    @cached_property
    def step_runner(self) -> StepRunner | None:
        """What streams run single frames with, where that is faster than the network itself."""
        return step_runner(self.network)

    def _tensor(self, array: Float) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device, torch.get_default_dtype())

    def _rate(self, rate: RateLike) -> float | Tensor:
        return self._tensor(np.asarray(rate)) if np.ndim(rate) else float(rate)


class LifterStream:
    """Lifts frames as they come; everything remembered is in `follow` and `state`, constant in size."""

    def __init__(self, lifter: Lifter, height_m: float) -> None:
        self.lifter = lifter
        self.height_m = height_m
        self.follow = FollowState()
        self.state: Any = lifter.network.init_state(1)

    def push(self, xy: Float, confidence: Float, time_s: float, *, camera: Camera, rate: float = 1.0) -> Float:
        """One frame: pixels (17, 2), confidence (17,) -> metres (17, 3), as `Lifter.predict`.

        `default_camera` is what `Lifter.predict` assumes where none is known.
        """
        return self.push_many(xy[None], confidence[None], [time_s], camera=camera, rate=rate)[0]

    @torch.inference_mode()
    def push_many(
        self,
        xy: Float,
        confidence: Float,
        times: Sequence[float] | Float,
        *,
        camera: Camera,
        rate: RateLike = 1.0,
    ) -> Float:
        """Several frames at once: (n, 17, 2), (n, 17), (n,) -> (n, 17, 3)."""
        rays = camera.rays(xy)
        seen = [self.follow.push(*frame) for frame in zip(rays, confidence, times, strict=True)]
        inputs = self.lifter._tensor(np.stack([s.inputs for s in seen]))
        if len(seen) == 1:
            network = self.lifter.step_runner or self.lifter.network
            output, self.state = network.step(inputs, self.state, float(np.ravel(rate)[0]))
        else:
            output, self.state = self.lifter.network.chunk(inputs[None], self.state, self.lifter._rate(rate))
            output = output[0]
        return _metres(output, np.stack([s.rotation for s in seen]), self.height_m)


def inference_threads() -> int:
    """CPU threads for inference: one core is left to the window, and small networks gain nothing beyond eight."""
    return max(1, min(8, (os.cpu_count() or 1) - 1))


def default_camera(image_size: tuple[int, int] = (1000, 1000)) -> Camera:
    """The camera assumed where none is known: centred, `ASSUMED_FOV_DEG`, level, looking along +Y."""
    return look_at("assumed", np.zeros(3), np.array([0.0, 1.0, 0.0]), fov_deg=ASSUMED_FOV_DEG, image_size=image_size)


def _camera(keypoints: Keypoints2D) -> Camera:
    if len(keypoints.skeleton) != len(H36M_17):
        raise InputError(
            f"{keypoints.name}: skeleton is {keypoints.skeleton.name}; convert the keypoints to H36M-17 first."
        )
    return keypoints.camera or default_camera(keypoints.image_size)


def _metres(output: Tensor, rotation: Float, height_m: float) -> Float:
    """Network output (T, 17, 3) in follow-camera axes and bone-chain units -> camera axes, metres, pelvis at 0."""
    relative = _array(output)
    relative = relative - relative[:, :1]
    return np.asarray(relative @ rotation * (height_m - ANKLE_HEIGHT_M))


def _array(output: Tensor) -> Float:
    return np.asarray(output.cpu().double().numpy())


def _shape(state: dict[str, Tensor], key: str) -> tuple[int, ...] | None:
    return tuple(state[key].shape) if key in state else None
