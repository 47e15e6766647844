"""The command `sublimen train hvs-sd`."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from sublimen.cli.numbers import Whole
from sublimen.cli.output import people

HELD_OUT = (
    "kodim07",
    "kodim08",
    "kodim09",
    "kodim1*",
    "[012]???????????????",
)
"""File names of the evaluation pictures that `sublimen bench jnd` tries models on."""


def hvs_sd(
    *,
    images: Annotated[list[Path], Parameter(negative=())],
    output: Annotated[Path, Parameter(alias="-o")],
    leave_out: Annotated[tuple[str, ...], Parameter(negative=())] = HELD_OUT,
    autoencoder_steps: Whole = 2000,
    map_steps: Whole = 800,
    seed: Whole = 0,
    device: Literal["cpu", "cuda"] = "cpu",
) -> None:
    """Train the learned JND model from scratch, and write its weights and their card.

    Both stages together take less than two hours on two cores. A killed run goes on from its
    last checkpoint in the output folder, to the same weights.

    Args:
        images: Folders of colour pictures to learn from; repeat the option for more than one.
        output: Folder for checkpoints, weights, card and curves.
        leave_out: Patterns of file names without ending that are not learned from; those that the
            noise test of sublimen bench jnd uses, unless told otherwise.
        autoencoder_steps: Steps of the first stage.
        map_steps: Steps of the second stage.
        seed: Of weights, patches and noise.
        device: Where to compute.
    """
    from sublimen.training.card import unit, write
    from sublimen.training.hvs_sd import Plan, Training
    from sublimen.training.pictures import Pictures
    from sublimen.training.progress import Progress

    console = people()
    plan = Plan(autoencoder_steps=autoencoder_steps, map_steps=map_steps, seed=seed)
    pictures = Pictures.of(images, leave_out, plan.map_side)
    console.print(f"{len(pictures.names)} pictures")
    training = Training(plan, pictures, output, device=device)
    stages = training.run(Progress(plan, console.print)).cpu()
    console.print("measuring the unit")
    measured = unit(stages, pictures.pictures)
    command = shlex.join(["sublimen", *sys.argv[1:]])
    console.print(f"written: {write(training, measured, command)}, unit {measured[0]:.4f}")
