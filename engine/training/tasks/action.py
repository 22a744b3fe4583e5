"""Action recognition: a head learns labels from what a trunk, which stays as it is, makes of clips.

The published recipe trains the trunk along, slowly, on 40,000 clips (hummuss.md, 5.3). There are 160 here: the head
alone learns, from means that are found once (`engine.training.action_features`), in minutes on one CPU, and can be
trained again for every person who is held apart (`engine.training.held_apart`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.data import Dataset

from engine.errors import InputError
from engine.models.families import find_model
from engine.models.hummuss.action import HumMUSSAction
from engine.models.registry import ModelEntry
from engine.training.action_clips import ActionClips, action_clips, joined
from engine.training.action_features import Features, plain_features, random_features
from engine.training.answers import asking
from engine.training.checkpoints import HEAD
from engine.training.task import Example, Validate

Kind = Literal["random", "plain"]
KINDS: tuple[Kind, ...] = ("random", "plain")

BATCH = 128
SMOOTHING = 0.1
"""Of labels: few clips make a network surer than it should be."""
WINDOWS = 17
"""Random windows for each clip of a split; labels and people share them evenly."""


@dataclass(frozen=True)
class ActionTask:
    """Training of a head on the features of the clips in both splits: nothing is chosen by the validation's.

    trunk    the model whose trunk found them
    without  a person whose clips are left out, and who is asked instead of everybody
    """

    train_data: Path
    val_data: Path
    steps: int
    trunk: str
    without: str = ""

    @property
    def title(self) -> str:
        return "perplexity of the label, the training's own clips from the front camera"

    def clips(self) -> ActionClips:
        """Those of both splits and of the generator."""
        return joined(action_clips(self.train_data, generated=True), action_clips(self.val_data))

    def features(self, kind: Kind) -> Features:
        """The "random" or "plain" ones of `clips`."""
        train, val = (stored(data, kind, self.trunk) for data in (self.train_data, self.val_data))
        first = len(action_clips(self.train_data, generated=True))
        return Features(np.concatenate([train.means, val.means]), np.concatenate([train.clips, first + val.clips]))

    def batches(self, seed: int, rank: int, world: int) -> Dataset[Example]:
        return HeadBatches(self.clips(), self.features("random"), self.steps, (seed, rank), without=self.without)

    def loss(self, prediction: Tensor, example: Example) -> Tensor:
        return F.cross_entropy(prediction.flatten(0, 1), example.targets.flatten(), label_smoothing=SMOOTHING)

    def validation(self) -> Validate:
        return Validation(self.clips(), self.features("plain"), self.without).perplexity


class HeadBatches(Dataset[Example]):
    """Features (B, 1, J, R) with their labels (B, 1): labels alike often, and the people of a label.

    without  a person who is left out
    """

    def __init__(
        self, clips: ActionClips, features: Features, steps: int, seed: tuple[int, ...], *, without: str = ""
    ) -> None:
        self.features, self.steps, self.seed = features, steps, seed
        labels, people = clips.labels[features.clips], clips.people[features.clips]
        self.labels, used = labels, people != without
        self.groups = [
            [np.flatnonzero(used & (labels == label) & (people == person)) for person in found]
            for label in np.unique(labels[used])
            if len(found := np.unique(people[used & (labels == label)]))
        ]

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> Example:
        rng = np.random.default_rng((*self.seed, step))
        chosen = []
        for k in range(BATCH):
            of_label = self.groups[k % len(self.groups)]
            chosen.append(rng.choice(of_label[rng.integers(len(of_label))]))
        inputs = torch.from_numpy(self.features.means[chosen].astype(np.float32))
        return Example(inputs[:, None], torch.from_numpy(self.labels[chosen])[:, None], 1.0)


class Validation:
    """The plain features of a person's clips, or of everybody's."""

    def __init__(self, clips: ActionClips, features: Features, person: str = "") -> None:
        asked = np.flatnonzero((clips.people[features.clips] == person) | (person == ""))
        self.inputs = torch.from_numpy(features.means[asked].astype(np.float32))[:, None]
        self.labels = torch.from_numpy(clips.labels[features.clips[asked]])

    def perplexity(self, network: nn.Module) -> dict[str, float]:
        """{"val_perplexity"}: 1 where a network is sure and right."""
        with asking(network) as device:
            found = network(self.inputs.to(device))[:, 0].cpu().float()
        return {"val_perplexity": float(F.cross_entropy(found, self.labels).exp())}


def action_task(entry: ModelEntry, train_data: Path, val_data: Path, steps: int, trunk: str | None) -> ActionTask:
    """The task of a model, once a trained model's trunk has found the features. Raises InputError without one."""
    if trunk is None:
        raise InputError(
            f"{entry.name}: only its head is trained; say whose trunk it stands on, such as --start-from "
            f"{entry.name.replace('_action', '')}."
        )
    for data, generated in ((train_data, True), (val_data, False)):
        missing = [kind for kind in KINDS if Features.load(beside(data, kind), trunk) is None]
        if missing:
            network, clips = with_trunk(entry, trunk), action_clips(data, generated=generated)
            print(f"{len(clips)} clips of {data.stem} through the trunk of {trunk} (once)", flush=True)
            for kind in missing:
                found = (
                    random_features(network, clips, WINDOWS * len(clips))
                    if kind == "random"
                    else plain_features(network, clips)
                )
                found.save(beside(data, kind), trunk)
    return ActionTask(train_data, val_data, steps, trunk)


def with_trunk(entry: ModelEntry, trunk: str) -> HumMUSSAction:
    """The network of a model with the trunk of another. Raises InputError for one that is not trained or another."""
    given, network = find_model(trunk), entry.build()
    if not given.trained:
        raise InputError(f"--start-from {trunk}: that model has no shipped weights; choose a trained one.")
    weights = {key: value for key, value in load_file(given.weights).items() if not key.startswith(HEAD)}
    own = {key: value.shape for key, value in network.state_dict().items() if not key.startswith(HEAD)}
    if {key: value.shape for key, value in weights.items()} != own or not isinstance(network, HumMUSSAction):
        raise InputError(f"--start-from {trunk}: its network is another one; choose a model with the same trunk.")
    network.load_state_dict(weights, strict=False)
    return network.eval()


def beside(data: Path, kind: Kind) -> Path:
    """The file of the features of a split's clips."""
    return data.with_name(f"{data.stem}_{kind}.npz")


def stored(data: Path, kind: Kind, trunk: str) -> Features:
    """The features that `action_task` left. ValueError where there are none."""
    found = Features.load(beside(data, kind), trunk)
    if found is None:
        raise ValueError(f"{beside(data, kind)}: there are no features of {trunk}'s trunk")
    return found
