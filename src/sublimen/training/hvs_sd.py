"""HVS-SD from scratch: both stages, seeded, and resumed where a killed run stopped."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, final

import torch
from torch import nn

from sublimen.checks import at_least, positive
from sublimen.errors import OutputError, SettingError, WeightsError
from sublimen.jnd.attention import attention
from sublimen.jnd.autoencoder import CHANNELS, STRIDE
from sublimen.jnd.map_network import Stages, untrained
from sublimen.metrics.ms_ssim import MINIMUM as MS_SSIM
from sublimen.tensor_file import UNREADABLE
from sublimen.training.losses import Terms, Weights, compression_terms, map_terms
from sublimen.training.pictures import Pictures

CHECKPOINT: Final = "checkpoint.pt"

EVERY: Final = 50
"""Steps from one checkpoint to the next."""

FLOOR: Final = 0.01
"""Share of the learning rate that is left at the end of a stage."""

CLIP: Final = 1.0
"""Greatest length of a gradient."""

Stage: TypeAlias = Literal["autoencoder", "map"]
Watch: TypeAlias = Callable[[Stage, int, Terms], None]
"""Told of each step: stage, step from 0 on, losses."""


@final
@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that the weights depend on, besides the pictures.

    Args:
        seed: Of the weights, the patches and the noise.
        autoencoder_steps: Steps of the first stage, at least 0.
        map_steps: Steps of the second stage, at least 0.
        autoencoder_patches: Patches in a step of the first stage, at least 1.
        map_patches: Patches in a step of the second stage, at least 1.
        autoencoder_side: Their side in pixels, a multiple of 8.
        map_side: Their side in pixels, a multiple of 8 and at least 161.
        learning_rate: Of Adam at the beginning of a stage; it falls by half a cosine.
        weights: How much each loss of the second stage counts.
    """

    seed: int = 0
    autoencoder_steps: int = 2000
    map_steps: int = 800
    autoencoder_patches: int = 8
    map_patches: int = 4
    autoencoder_side: int = 96
    map_side: int = 176
    learning_rate: float = 1e-3
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        at_least(0, autoencoder_steps=self.autoencoder_steps, map_steps=self.map_steps)
        at_least(1, autoencoder_patches=self.autoencoder_patches, map_patches=self.map_patches)
        at_least(MS_SSIM, map_side=self.map_side)
        if not 0 <= self.seed < 2**31:
            raise SettingError(f"seed must be from 0 to 2147483647, got {self.seed}")
        positive(learning_rate=self.learning_rate)
        if self.autoencoder_side % STRIDE or self.map_side % STRIDE:
            raise SettingError(
                f"sides must be multiples of {STRIDE}, "
                f"got {self.autoencoder_side} and {self.map_side}"
            )

    def steps(self, stage: Stage) -> int:
        """Steps of a stage."""
        return self.autoencoder_steps if stage == "autoencoder" else self.map_steps


class Training:
    """A run: the networks, what they are learned from, and how far it has come."""

    def __init__(
        self, plan: Plan, pictures: Pictures, folder: Path, *, device: str = "cpu"
    ) -> None:
        """Begin, or go on from the folder's checkpoint.

        Args:
            plan: What to do.
            pictures: What to learn from.
            folder: Where checkpoints are kept.
            device: Where to compute.

        Raises:
            WeightsError: If the checkpoint is of another plan or of other pictures.
            OutputError: If the folder cannot be made.
            SettingError: If there is no such device.
        """
        if device == "cuda" and not torch.cuda.is_available():
            raise SettingError("device must be one that PyTorch sees, got cuda; use cpu")
        self.plan, self.pictures, self.folder, self.device = plan, pictures, folder, device
        self.stages = untrained(plan.seed).to(device)
        self.done: dict[Stage, int] = {"autoencoder": 0, "map": 0}
        self.curves: dict[Stage, list[list[float]]] = {"autoencoder": [], "map": []}
        self.optimisers: dict[Stage, torch.optim.Adam] = {
            "autoencoder": self._adam(self.stages.autoencoder),
            "map": self._adam(self.stages.map_network),
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder} must be a folder, got: {error.strerror}") from error
        if (folder / CHECKPOINT).exists():
            self._resume()

    def run(self, watch: Watch = lambda *_: None) -> Stages:
        """All steps that are left."""
        for stage in ("autoencoder", "map"):
            self._stage(stage, watch)
        return self.stages

    def _stage(self, stage: Stage, watch: Watch) -> None:
        steps = self.plan.steps(stage)
        self.stages.autoencoder.requires_grad_(stage == "autoencoder")
        optimiser = self.optimisers[stage]
        learned = [p for group in optimiser.param_groups for p in group["params"]]
        for step in range(self.done[stage], steps):
            for group in optimiser.param_groups:
                group["lr"] = self._rate(step / steps)
            terms = self._terms(stage, step)
            optimiser.zero_grad()
            torch.autograd.backward(terms.total)
            nn.utils.clip_grad_norm_(learned, CLIP)
            optimiser.step()
            self.done[stage] = step + 1
            self.curves[stage].append(terms.values.detach().tolist())
            watch(stage, step, terms)
            if (step + 1) % EVERY == 0 or step + 1 == steps:
                self._keep()

    def _terms(self, stage: Stage, step: int) -> Terms:
        """The losses of one step, whose patches and noise depend on seed, stage and step alone."""
        plan = self.plan
        number = 2 * step + (stage == "map")
        generator = torch.Generator().manual_seed(plan.seed * 2**32 + number)
        network = self.stages.autoencoder
        if stage == "autoencoder":
            count, side = plan.autoencoder_patches, plan.autoencoder_side
            images = self.pictures.patches(count, side, generator)
            features = (count, CHANNELS, side // STRIDE, side // STRIDE)
            noise = torch.rand(features, generator=generator) - 0.5
            return compression_terms(network, images.to(self.device), noise.to(self.device))
        count, side = plan.map_patches, plan.map_side
        images = self.pictures.patches(count, side, generator)
        signs = torch.randint(0, 2, (count, 1, side, side), generator=generator) * 2.0 - 1
        images, signs = images.to(self.device), signs.to(self.device)
        seen = attention(network, images)
        jnd = self.stages.map_network(images, seen)
        return map_terms(network, images, seen, jnd, signs, plan.weights)

    def _rate(self, share: float) -> float:
        fall = (1 + math.cos(math.pi * share)) / 2
        return self.plan.learning_rate * (FLOOR + (1 - FLOOR) * fall)

    def _adam(self, network: nn.Module) -> torch.optim.Adam:
        return torch.optim.Adam(network.parameters(), lr=self.plan.learning_rate)

    def _keep(self) -> None:
        """Write a checkpoint, whole or not at all."""
        state = {
            "identity": self._identity(),
            "done": self.done,
            "curves": self.curves,
            "stages": self.stages.state_dict(),
            "optimisers": {stage: adam.state_dict() for stage, adam in self.optimisers.items()},
        }
        part = self.folder / f"{CHECKPOINT}.part"
        try:
            torch.save(state, part)
            part.replace(self.folder / CHECKPOINT)
        except OSError as error:
            raise OutputError(f"{part} must be writable, got: {error.strerror}") from error

    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        try:
            state: Any = torch.load(path, map_location=self.device, weights_only=True)
        except UNREADABLE as error:
            raise WeightsError(
                f"{path} must be a checkpoint, got another file; remove it"
            ) from error
        if not isinstance(state, dict) or state.get("identity") != self._identity():
            raise WeightsError(
                f"{path} must be of the same plan and pictures, got another; name another folder"
            )
        self.stages.load_state_dict(state["stages"])
        self.done, self.curves = state["done"], state["curves"]
        for stage, adam in self.optimisers.items():
            adam.load_state_dict(state["optimisers"][stage])

    def _identity(self) -> dict[str, Any]:
        return {"plan": asdict(self.plan), "pictures": self.pictures.digests}
