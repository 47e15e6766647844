"""What the meters cost, as ratios of times measured side by side in one run.

    python benchmarks/speed/visibility.py

Every time is the least of several, alternating between the things compared. The last part measures
two 12-megapixel pairs by the command line in processes of their own.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import flip_evaluator
import numpy as np
import skimage.data
import torch
from PIL import Image
from ssimulacra2 import compute_ssimulacra2

from sublimen.imaging.levels import from_bytes
from sublimen.metrics import flip, ssimulacra2
from sublimen.metrics.ssimulacra2 import Side, score
from sublimen.photo.versions import versions
from sublimen.visibility import Cvvdp, Flip, Ssimulacra2
from sublimen.visibility.cvvdp import program
from sublimen.visibility.displays import DISPLAYS
from sublimen.visibility.loss import Visible

REPEATS = 9


def least(*functions: Callable[[], object]) -> list[float]:
    """Seconds of each function, the least of several rounds."""
    times = [[] for _ in functions]
    for _ in range(REPEATS):
        for function, seconds in zip(functions, times, strict=True):
            started = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - started)
    return [min(seconds) for seconds in times]


def report(what: str, ours: float, theirs: float) -> None:
    """One line of the result."""
    print(f"{what}: {ours / theirs:.2f} x ({ours * 1e3:.0f} ms, {theirs * 1e3:.0f} ms)")


def noisy(levels: np.ndarray, amplitude: int) -> np.ndarray:
    """Levels with even noise."""
    noise = np.random.default_rng(0).integers(-amplitude, amplitude + 1, levels.shape, np.int16)
    return np.clip(levels + noise, 0, 255).astype(np.uint8)


def ports(folder: Path) -> None:
    """Scores of 512 x 512 pixels against other programs."""
    pair = skimage.data.astronaut(), noisy(skimage.data.astronaut(), 4)
    one, other = (from_bytes(levels) for levels in pair)
    paths = [str(folder / name) for name in ("a.png", "b.png")]
    for path, levels in zip(paths, pair, strict=True):
        Image.fromarray(levels).save(path)
    floats = [(levels / 255).astype(np.float32) for levels in pair]
    program_s, exact_s, port_s = least(
        lambda: ssimulacra2(one, other),
        lambda: score(Side.of(one), other),
        lambda: compute_ssimulacra2(*paths),
    )
    report("SSIMULACRA 2 with the program's rounding / PyPI port", program_s, port_s)
    report("SSIMULACRA 2 in exact arithmetic / PyPI port", exact_s, port_s)
    ours, theirs = least(
        lambda: flip(one, other),
        lambda: flip_evaluator.evaluate(
            *floats, "LDR", applyMagma=False, parameters={"ppd": 37.84}
        ),
    )
    report("FLIP / flip-evaluator", ours, theirs)


def meters() -> None:
    """Value and gradient of the three optimised meters on one window of 256 x 256 pixels."""
    levels = np.ascontiguousarray(skimage.data.astronaut()[:256, 100:356])
    reference = from_bytes(levels)
    distorted = from_bytes(noisy(levels, 4)).requires_grad_()
    every = (Cvvdp(), Ssimulacra2(), Flip())
    prepared = Visible(reference, every)
    alone = program(DISPLAYS["standard_fhd"])

    def gradient(loss: torch.Tensor) -> torch.Tensor:
        return torch.autograd.grad(loss.sum(), distorted)[0]

    cached_s, fresh_s, own_s = least(
        lambda: gradient(prepared.jnd(distorted)),
        lambda: gradient(Visible(reference, every).jnd(distorted)),
        lambda: gradient(alone.loss(distorted, reference, dim_order="BCHW")),
    )
    report("three meters, original's half cached / CVVDP's own loss", cached_s, own_s)
    report("three meters, nothing cached / CVVDP's own loss", fresh_s, own_s)
    report("three meters, cached / nothing cached", cached_s, fresh_s)


def large(folder: Path) -> None:
    """`sublimen measure` on 12 megapixels, changed in 1 % and everywhere."""
    head = Image.fromarray(skimage.data.astronaut()[:320, 64:384])
    photo = np.full((3000, 4000, 3), 90, np.uint8)
    photo[:, 500:3500] = np.asarray(head.resize((3000, 3000), Image.Resampling.BICUBIC))
    photo = noisy(photo, 3)
    part = photo.copy()
    part[700:1000, 1500:1900] = noisy(photo[700:1000, 1500:1900], 6)
    for name, levels in (("a", photo), ("1 %", part), ("all", noisy(photo, 4))):
        Image.fromarray(levels).save(folder / f"{name}.png", compress_level=1)
    for name in ("1 %", "all"):
        command = [sys.executable, "-m", "sublimen", "measure", "a.png", f"{name}.png", "--json"]
        started = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        print(f"measure, 12 megapixels, {name} changed: {time.perf_counter() - started:.1f} s")
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"most memory of these: {most:.2f} GiB")


def main() -> None:
    """Measure and print."""
    print(f"{torch.get_num_threads()} threads, {versions()}")
    with tempfile.TemporaryDirectory() as folder:
        ports(Path(folder))
        meters()
        large(Path(folder))


if __name__ == "__main__":
    main()
