"""What a step of each attack costs beyond the bare forward and backward of the same model.

    python benchmarks/speed/attack.py

Both are timed in turns in one run, and the medians are compared, so that a loaded machine slows
both. The model is a small convolutional network whose bare pass takes some tens of milliseconds;
no image reaches its goal, so that every round is run.
"""

from itertools import pairwise
from statistics import median
from time import perf_counter

import torch
from torch import Tensor, nn

from sublimen.attacks import (
    Attack,
    Bim,
    Ddn,
    JndPerceptual,
    Lattice,
    Linf,
    MiFgsm,
    Pgd,
    Recognition,
    Untargeted,
)
from sublimen.attacks.ledger import State
from sublimen.types import Images, Labels, Logits

SIDE, BATCH, STEPS, TURNS = 160, 2, 8, 7
BOX = Linf(4 / 255)
ITERATED: dict[str, Attack] = {
    "bim": Bim(budget=BOX, steps=STEPS + 1),
    "pgd": Pgd(budget=BOX, steps=STEPS + 1),
    "mi-fgsm": MiFgsm(budget=BOX, steps=STEPS + 1),
    "jnd-perceptual": JndPerceptual(beta=1.0, delta=-1.0, steps=STEPS + 1),
    "ddn": Ddn(steps=STEPS + 1),
    "lattice": Lattice(steps=STEPS + 1, probes=0, patience=STEPS + 1),
}
"""Attacks with as many rounds as are timed."""


class Stubborn(nn.Module):
    """A network whose answer is class 0 whatever it sees, but whose gradient is not zero."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 32, 64, 64, 64)
        self.layers = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(before, after, 3, padding=1, stride=1 + (k > 0)), nn.SiLU())
                for k, (before, after) in enumerate(pairwise(widths))
            )
        )
        self.head = nn.Linear(64, 10)

    def forward(self, images: Images) -> Logits:
        """Ten logits, of which the first is the largest by far."""
        features = self.layers(images).mean(dim=(2, 3))
        logits: Tensor = self.head(features).tanh()
        return logits + 3 * torch.eye(10)[0]


def bare(model: nn.Module, images: Images, labels: Labels) -> float:
    """Seconds of one forward and backward with respect to the images."""
    start = perf_counter()
    for _ in range(STEPS):
        points = images.clone().requires_grad_()
        loss = nn.functional.cross_entropy(model(points), labels, reduction="sum")
        torch.autograd.grad(loss, points)
    return (perf_counter() - start) / STEPS


def step(attack: Attack, model: nn.Module, images: Images, labels: Labels) -> float:
    """Seconds of one round: from the start of the first round to that of the last."""
    times: list[float] = []

    def watch(state: State) -> None:
        del state
        times.append(perf_counter())

    if len(attack(Recognition(model, Untargeted(labels)), images, watch=watch).trace) < STEPS + 1:
        raise SystemExit("the model must resist; otherwise rounds are not comparable")
    return (times[STEPS] - times[0]) / STEPS


def alone_and_within(
    attack: Attack, model: nn.Module, images: Images, labels: Labels
) -> tuple[float, float]:
    """Seconds of the bare passes and of a round, measured in turns; medians."""
    step(attack, model, images, labels)
    pairs = [
        (bare(model, images, labels), step(attack, model, images, labels)) for _ in range(TURNS)
    ]
    alone, within = (median(times) for times in zip(*pairs, strict=True))
    return alone, within


def main() -> None:
    """Print a table."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = Stubborn().eval().requires_grad_(requires_grad=False)
    images, labels = torch.rand(BATCH, 3, SIDE, SIDE), torch.zeros(BATCH, dtype=torch.int64)
    print(f"{BATCH} images of {SIDE} x {SIDE}, 1 thread, medians of {TURNS} turns")
    for name, attack in ITERATED.items():
        alone, within = alone_and_within(attack, model, images, labels)
        print(
            f"{name:>16}  bare {1e3 * alone:6.1f} ms  step {1e3 * within:6.1f} ms  "
            f"ratio {within / alone:.3f}"
        )


if __name__ == "__main__":
    main()
