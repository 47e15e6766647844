"""What a run leaves: weights, and a card that says how to make them again."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import torch
from safetensors.torch import save_file

from sublimen.errors import OutputError
from sublimen.imaging.levels import from_bytes
from sublimen.jnd.map_network import Stages
from sublimen.photo.versions import versions
from sublimen.training.hvs_sd import Stage, Training
from sublimen.visibility.calibrated import factor

WEIGHTS: Final = "hvs_sd.safetensors"
CARD: Final = "card.md"
CURVES: Final = "curves.csv"

TERMS: Final[dict[Stage, tuple[str, ...]]] = {
    "autoencoder": ("bits", "error"),
    "map": ("magnitude", "perception", "attention", "quality"),
}
"""What the losses of a stage are called."""

ROWS: Final = 10
"""Parts of a stage that the card shows the mean losses of."""

WINDOW: Final = 256
"""Side in pixels of the middle of a picture that the unit is measured on."""

MEASURED: Final = 24
"""Pictures at most that the unit is measured on."""


def unit(stages: Stages, pictures: Sequence[np.ndarray]) -> tuple[float, list[float]]:
    """The factor that makes the map 1 JND in the median picture, and that of each picture.

    Args:
        stages: The trained networks, with a unit of 1.
        pictures: Levels of those that were learned from.
    """
    step = max(1, len(pictures) // MEASURED)
    found = []
    for levels in pictures[::step][:MEASURED]:
        y, x = (max(0, (side - WINDOW) // 2) for side in levels.shape[:2])
        image = from_bytes(levels[y : y + WINDOW, x : x + WINDOW])
        found.append(factor(image, stages(image).detach()))
    return float(np.median(found)), found


def write(training: Training, measured: tuple[float, list[float]], command: str) -> Path:
    """Write weights, card and curves of a run that is done.

    Args:
        training: The run.
        measured: Its unit and the factor of each picture.
        command: What was typed.

    Returns:
        Where the weights are.

    Raises:
        OutputError: If the folder cannot be written to.
    """
    path = training.folder / WEIGHTS
    stages = training.stages
    stages.unit.fill_(measured[0])
    tensors = {
        name: values.detach().cpu().to(torch.float16 if values.ndim else torch.float32).contiguous()
        for name, values in stages.state_dict().items()
    }
    try:
        save_file(tensors, path, metadata={"plan": json.dumps(asdict(training.plan))})
        path.chmod(0o644)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        text = card(training, measured, command=command, digest=digest)
        (training.folder / CARD).write_text(text, "utf-8")
        with (training.folder / CURVES).open("w", newline="", encoding="utf-8") as file:
            lines = csv.writer(file)
            lines.writerow(("stage", "step", "term", "value"))
            for stage, names in TERMS.items():
                for step, values in enumerate(training.curves[stage]):
                    for name, value in zip(names, values, strict=True):
                        lines.writerow((stage, step, name, f"{value:.5g}"))
    except OSError as error:
        raise OutputError(f"{training.folder} must be writable, got: {error.strerror}") from error
    return path


def card(
    training: Training, measured: tuple[float, list[float]], *, command: str, digest: str
) -> str:
    """The model card."""
    low, high = np.quantile(measured[1], [0.16, 0.84])
    used = ", ".join(f"{name} {number}" for name, number in versions().items())
    plan = "\n".join(f"| {name} | {value} |" for name, value in _flat(training).items())
    size = sum(p.numel() for p in training.stages.parameters())
    return f"""# HVS-SD: weights of our own

<!-- --8<-- [start:card] -->
These weights are ours, not the authors': theirs and their losses are not public.

Made by `{command}` with {used}, {torch.get_num_threads()} threads, on {training.device}.
SHA-256 of the file: `{digest}`. {size} numbers in half precision.

| setting | value |
| --- | --- |
{plan}

Unit: the map is multiplied by {measured[0]:.4f}, which makes random-sign noise of its amplitude
1 JND (worst optimised meter, worst window, 1:1) in the median of {len(measured[1])} training
pictures; 68 % of them lie between {low:.4f} and {high:.4f}.

Learned from {len(training.pictures.names)} pictures: {", ".join(training.pictures.names)}.

{_losses(training)}
<!-- --8<-- [end:card] -->
"""


def _flat(training: Training) -> dict[str, str]:
    settings = asdict(training.plan)
    weights = settings.pop("weights")
    named = {f"weight of {name}": value for name, value in weights.items()}
    return {name.replace("_", " "): f"{value:g}" for name, value in {**settings, **named}.items()}


def _losses(training: Training) -> str:
    """Mean losses of each tenth of the stages."""
    tables = []
    for stage, names in TERMS.items():
        curve = np.array(training.curves[stage]).reshape(-1, len(names))
        if not len(curve):
            continue
        parts = np.array_split(curve, min(ROWS, len(curve)))
        ends = np.cumsum([len(part) for part in parts])
        lines = [
            f"| {end} | {' | '.join(f'{value:.4g}' for value in part.mean(axis=0))} |"
            for end, part in zip(ends, parts, strict=True)
        ]
        head = f"| {stage}, up to step | {' | '.join(names)} |\n|{' --- |' * (len(names) + 1)}"
        tables.append("\n".join([head, *lines]))
    return "\n\n".join(tables) + "\n"
