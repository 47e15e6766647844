"""How far steps lead from a person's own template after JPEG, by what stands for the slope of it.

    python benchmarks/jpeg_slopes.py 8

So many photos of Labeled Faces in the Wild, 40 signed steps with momentum in a box of 2 levels,
gradients through JPEG of qualities 60 to 95, 4:4:4 or 4:2:0: the mean distance of dlib's template
from the photo's own, after Pillow's JPEG. More is better.
"""

import random
import sys
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from sublimen.bench.places import evaluation_data
from sublimen.imaging.differentiable_jpeg import SHARES, jpeg_like
from sublimen.imaging.jpeg import jpeg
from sublimen.imaging.levels import from_bytes, to_bytes
from sublimen.photo.file import open_photo
from sublimen.recognisers.alignment import Alignment, chip
from sublimen.recognisers.detection import detect
from sublimen.recognisers.dlib_resnet import DlibResnet

LIMIT, STEPS, DECAY = 2 / 255, 40, 0.8
JUDGED = ((60, 2), (75, 2), (75, 0), (90, 2), (90, 0))


def changed(image: Tensor, away: Callable[[Tensor], Tensor], slope: str) -> Tensor:
    """The photo after all steps."""
    chance = random.Random(1)
    start = torch.rand(image.shape, generator=torch.Generator().manual_seed(1))
    change, momentum = LIMIT * (start - 0.5), torch.zeros_like(image)
    for step in range(STEPS):
        change.requires_grad_()
        quality, subsampling = chance.randint(60, 95), chance.choice((0, 2))
        shown = jpeg_like(
            (image + change).clamp(0, 1), [quality], subsampling=subsampling, slope=slope
        )
        (gradient,) = torch.autograd.grad(away(shown).square(), change)
        momentum = DECAY * momentum + gradient / gradient.abs().mean()
        size = 4 * LIMIT / STEPS * (1 - step / STEPS)
        change = (change.detach() + size * momentum.sign()).clamp(-LIMIT, LIMIT)
    return (image + change).clamp(0, 1)


def main(count: int) -> None:
    """Measure and print."""
    network = DlibResnet.load().requires_grad_(requires_grad=False)
    paths = sorted((evaluation_data() / "faces" / "lfw").rglob("*.jpg"))
    found: dict[str, list[list[float]]] = {slope: [] for slope in SHARES}
    for path in paths[7 :: len(paths) // count][:count]:
        levels = open_photo(path).levels
        face = max(detect(levels), key=lambda face: face.box.width)
        alignment, image = Alignment.of(face), from_bytes(levels)
        own = network.embed(chip(image, alignment))

        def away(shown: Tensor, alignment: Alignment = alignment, own: Tensor = own) -> Tensor:
            return (network.embed(chip(shown, alignment)) - own).norm()

        for slope, rows in found.items():
            file = to_bytes(changed(image, away, slope))
            decoded = [jpeg(file, q, subsampling=kind) for q, kind in JUDGED]
            rows.append([away(from_bytes(each)).item() for each in (file, *decoded)])
    print(f"{len(found['soft'])} photos; PNG, then quality and subsampling {JUDGED}")
    for slope, rows in found.items():
        print(f"{slope:17}", *(f"{mean:.3f}" for mean in np.mean(rows, axis=0)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
