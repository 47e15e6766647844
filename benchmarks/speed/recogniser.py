"""Cost of the recogniser and of what stands around it, as ratios in one run.

python benchmarks/speed/recogniser.py
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from skimage import data

from sublimen.attacks import Bim, Dodge, Radius
from sublimen.jnd import Wu2017
from sublimen.photo.allowance import Allowance
from sublimen.photo.encoding import Codec
from sublimen.photo.file import Photo
from sublimen.photo.panel import embedding
from sublimen.photo.problem import FaceProblem
from sublimen.photo.region import region_of
from sublimen.photo.versions import versions
from sublimen.recognisers.alignment import Alignment, chip
from sublimen.recognisers.detection import detect
from sublimen.recognisers.dlib_resnet import DlibResnet

REPEATS = 15
STEPS = 10


def least(action: Callable[[], object]) -> float:
    """Least time of several runs, in seconds."""
    action()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def step_on_a_face(network: DlibResnet) -> float:
    """Seconds of one step of BIM on the portrait's face, with a goal that is out of reach."""
    levels = np.ascontiguousarray(data.astronaut()[0:320, 64:384])
    (face,) = detect(levels)
    photo = Photo(levels=levels, alpha=None, format="PNG", lossless=True)
    box = region_of(face, [network], levels)
    reference = embedding(network, levels, face)
    problem = FaceProblem(
        networks=(network,),
        goal=Dodge(reference, threshold=0.6, margin=100),
        patch=Allowance.of(photo, Wu2017(), 1.0).patch(box, levels),
        face=face,
        codec=Codec(photo, Path("face.png")),
        photo=levels,
    )
    images, radius = problem.patch.images, problem.patch.radius
    few, many = (Bim(budget=Radius(radius), steps=steps) for steps in (2, 2 + STEPS))
    return (least(lambda: many(problem, images)) - least(lambda: few(problem, images))) / STEPS


def main() -> None:
    """Measure and print."""
    network = DlibResnet.load()
    generator = torch.Generator().manual_seed(0)
    chips = torch.rand(1, 3, 150, 150, generator=generator).requires_grad_()
    photo = torch.rand(1, 3, 300, 300, generator=generator).requires_grad_()
    alignment = Alignment(150.0, 150.0, 1.3, 0.1)

    def gradient(images: torch.Tensor, *, align: bool) -> torch.Tensor:
        faces = chip(images, alignment) if align else images
        (slope,) = torch.autograd.grad(network(faces).square().sum(), images)
        return slope

    bare = least(lambda: gradient(chips, align=False))
    aligned = least(lambda: gradient(photo, align=True))
    with torch.no_grad():
        forward = least(lambda: network(chips))
    step = step_on_a_face(network)
    rows = {
        "forward and backward of the network": bare,
        "the same from the photo on": aligned,
        "forward alone": forward,
        "a step of the attack on a face": step,
    }
    print(f"{versions()}, {torch.get_num_threads()} threads, least of {REPEATS}")
    for name, seconds in rows.items():
        print(f"{name:<40} {1000 * seconds:8.1f} ms   x {seconds / bare:.2f}")


if __name__ == "__main__":
    main()
