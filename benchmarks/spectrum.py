"""Where in the spectrum a change is seen, and where it moves recognisers.

    python benchmarks/spectrum.py               skimage's portrait
    python benchmarks/spectrum.py photo.jpg     any photo with a face

For noise of one band of frequencies and one direction of colour in the window of the face, which is
6 degrees wide: JND per level (root mean square) by each meter, and by how much of its threshold the
best change of that band moves each recogniser for one JND of the worst meter, to first order, from
the mean slope at four photos beside the original (seeds 0 to 3). The last line adds the bands up
as squares, as they do where each is seen by itself.
"""

import math
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from types import EllipsisType

import torch
from torch import Tensor

from sublimen.imaging.levels import from_bytes
from sublimen.imaging.resampling import shown
from sublimen.photo.example import write_portrait
from sublimen.photo.faces import find_faces
from sublimen.photo.file import open_photo
from sublimen.photo.patch import fade
from sublimen.photo.versions import versions
from sublimen.recognisers.base import Embedder
from sublimen.recognisers.face import Face
from sublimen.recognisers.installed import embedder, installed
from sublimen.types import LEVELS, Images
from sublimen.visibility.answer import Observer
from sublimen.visibility.loss import Visible
from sublimen.visibility.views import Place, face_place

Part = tuple[EllipsisType, slice, slice]

EDGES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Limits of the bands in cycles per degree."""

COLOURS = {"Y": (1.0, 1.0, 1.0), "Cb": (0.0, -0.344, 1.772), "Cr": (1.402, -0.714, 0.0)}
"""What a step of luma or of a colour difference is in R, G and B (BT.601)."""

STRENGTHS = (1.0, 2.0, 4.0)
"""Levels of noise that are tried until half a JND is read."""


def slope(network: Embedder, photo: Images, face: Face) -> Tensor:
    """Mean slope of the distance to the photo, over the threshold."""
    with torch.no_grad():
        own = network(network.cut(photo, face).clamp(0, 1))
    total = torch.zeros_like(photo)
    for seed in range(4):
        noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(seed))
        point = (photo + 1.5 / LEVELS * noise).clamp(0, 1).requires_grad_()
        distance = (network(network.cut(point, face).clamp(0, 1)) - own).norm()
        total += torch.autograd.grad(distance / network.threshold, point)[0] / 4
    return total


def main(path: Path) -> None:
    """Print a table."""
    levels = open_photo(path).levels
    face = max(find_faces(levels, ()), key=lambda face: face.box.width)
    observer, photo = Observer.of(), from_bytes(levels)
    degree = observer.display.pixels_per_degree
    place = face_place(face, degree)
    box = place.box(*levels.shape[:2])
    part = (..., slice(box.y0, box.y1), slice(box.x0, box.x1))
    meters = [meter for meter in observer.meters if meter.role == "optimised"]
    visible = Visible(shown(photo, place.scale, place.view), meters)
    slopes = {name: slope(embedder(name), photo, face)[part] for name in installed()}
    rows, columns = torch.fft.fftfreq(box.height)[:, None], torch.fft.fftfreq(box.width)[None]
    frequencies = (rows.square() + columns.square()).sqrt() * degree / place.scale
    print(f"face {box.width} pixels of window, {place.scale:.2f} shown per pixel; {versions()}\n")
    names = [*(f"{meter.name} JND" for meter in meters), *(f"{name} a JND" for name in slopes)]
    print(f"| cycles per degree | colour | {' | '.join(names)} |\n{'| --- ' * (2 + len(names))}|")
    squares = torch.zeros(len(slopes))
    for least, most in pairwise(EDGES):
        band = ((frequencies > least) & (frequencies <= most)).float()
        for colour, steps in COLOURS.items():
            direction = torch.tensor(steps)[:, None, None]
            noise = coloured(band, direction)
            if noise is None:
                continue
            seen = per_level(visible, photo, noise, part, place)
            longest = math.sqrt(noise.numel()) / LEVELS / max(seen)
            moved = [longest * alone(gradient[0], direction, band) for gradient in slopes.values()]
            squares += torch.tensor(moved).square()
            texts = " | ".join(f"{number:.2f}" for number in [*seen, *moved])
            print(f"| {least:g} to {most:g} | {colour} | {texts} |", flush=True)
    whole = " | ".join(f"{number:.2f}" for number in squares.sqrt().tolist())
    print(f"| all | | {'| ' * len(meters)}{whole} |")


def coloured(band: Tensor, direction: Tensor) -> Tensor | None:
    """Noise of a band and a colour, one level as root mean square; `None` if there is none."""
    white = torch.randn(band.shape, generator=torch.Generator().manual_seed(0))
    plane = torch.fft.ifft2(torch.fft.fft2(white) * band).real * fade(*band.shape)[0, 0]
    if plane.abs().max() == 0:
        return None
    noise: Tensor = direction * plane
    return noise / noise.square().mean().sqrt() / LEVELS


@torch.no_grad()
def per_level(
    visible: Visible, photo: Images, noise: Tensor, part: Part, place: Place
) -> list[float]:
    """JND per level of noise by each meter."""
    readings, strength = torch.zeros(1), 1.0
    for strength in STRENGTHS:
        changed = photo.clone()
        changed[part] += strength * noise
        readings = visible.jnd(shown(changed.clamp(0, 1), place.scale, place.view))[:, 0]
        if readings.max() > 0.5:
            break
    return [reading / strength for reading in readings.tolist()]


def alone(gradient: Tensor, direction: Tensor, band: Tensor) -> float:
    """Length of the part of a slope that lies in a band and a direction of colour."""
    plane = (gradient * direction / direction.norm()).sum(dim=0)
    return (torch.fft.fft2(plane) * band).abs().square().mean().sqrt().item()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(write_portrait(Path(folder)))
