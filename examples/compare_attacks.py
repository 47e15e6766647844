"""Some attacks on the same images and a tiny model made here.

    python examples/compare_attacks.py

Prints what each needed and how far it moved the images that it got across. PSNR is taken over
these images only, so a method that fails on the hard ones looks better than it is: read the two
columns together.
"""

import torch
from torch import Tensor, nn

from sublimen.attacks import (
    Attack,
    Bim,
    Ddn,
    Fgsm,
    JndBox,
    JndPerceptual,
    Lattice,
    Outcome,
    PercAl,
    Pgd,
    Recognition,
    SmallestBudget,
    Untargeted,
)
from sublimen.jnd import Yang
from sublimen.metrics import psnr


def tiny_model() -> nn.Module:
    """A frozen network with random weights, four classes."""
    torch.manual_seed(3)
    layers = (
        nn.Conv2d(3, 12, 5, stride=2),
        nn.SiLU(),
        nn.Conv2d(12, 24, 3, stride=2),
        nn.SiLU(),
        nn.Flatten(),
        nn.LazyLinear(4),
    )
    model = nn.Sequential(*layers)
    model(torch.zeros(1, 3, 48, 48))
    return model.eval().requires_grad_(requires_grad=False)


def gratings(number: int) -> Tensor:
    """Coloured waves of different direction and fineness, on the 8-bit lattice."""
    generator = torch.Generator().manual_seed(0)
    places = torch.arange(48) / 48
    waves = torch.rand(number, 3, 3, generator=generator) * 30
    across, down, shift = waves[..., 0, None, None], waves[..., 1, None, None], waves[..., 2]
    phase = across * places + down * places[:, None] + shift[..., None, None]
    return ((0.5 + 0.4 * phase.sin()) * 255).round() / 255


ONE_JND = JndBox(Yang())

ATTACKS: dict[str, Attack] = {
    "fgsm": Fgsm(budget=ONE_JND),
    "bim": Bim(budget=ONE_JND),
    "pgd": Pgd(budget=ONE_JND),
    "smallest bim": SmallestBudget(inner=Bim()),
    "jnd-perceptual": JndPerceptual(jnd=Yang(), steps=20),
    "ddn": Ddn(steps=60),
    "perc-al": PercAl(steps=60),
    "lattice": Lattice(steps=30),
}
"""Inside a box of one JND, with the smallest box, or each in its own way of holding back."""


def row(name: str, outcome: Outcome, images: Tensor) -> str:
    """One line of the table."""
    there = outcome.reached
    quality = psnr(images[there], outcome.images[there]).mean() if there.any() else torch.nan
    gradients, forwards = outcome.gradients.float().mean(), outcome.forwards.float().mean()
    share = f"{there.sum()} of {len(there)}"
    return f"{name:<16}{share:>8}{gradients:>11.1f}{forwards:>10.1f}{quality:>12.1f}"


def main() -> None:
    """Print the table."""
    model, images = tiny_model(), gratings(6)
    problem = Recognition(model, Untargeted(model(images).argmax(dim=1)))
    print(f"{'attack':<16}{'reached':>8}{'gradients':>11}{'forwards':>10}{'PSNR in dB':>12}")
    for name, attack in ATTACKS.items():
        print(row(name, attack(problem, images), images))


if __name__ == "__main__":
    main()
