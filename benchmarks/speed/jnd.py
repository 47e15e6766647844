"""JND maps against two plain implementations, as ratios in one run, and a photo of 12 megapixels.

    python benchmarks/speed/jnd.py

The vectorised implementation uses NumPy and SciPy in the same dtype, the other one loops over
pixels (on a small cut, scaled up to the same number of pixels). Both are those of
`tests/jnd/oracles.py`, without edge detection, which is handed in.
"""

import importlib.util
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from skimage import data

from sublimen.jnd import ChouLi, Wu2017, Yang, in_tiles
from sublimen.photo.versions import versions

REPEATS = 5
CUT = 48


def oracles() -> ModuleType:
    """The tests' second implementations."""
    path = Path(__file__).resolve().parents[2] / "tests" / "jnd" / "oracles.py"
    spec = importlib.util.spec_from_file_location("oracles", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def least(action: Callable[[], object], repeats: int = REPEATS) -> float:
    """Least time of several runs, in seconds."""
    action()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Measure and print."""
    plain = oracles()
    print(
        f"{versions()}, {torch.get_num_threads()} threads, least of {REPEATS}, 512 x 512, float32"
    )
    print(f"{'model':<10}{'ours':>10}{'vectorised':>12}{'ratio':>8}{'loop':>12}{'ratio':>8}")
    levels = data.camera().astype(np.float32)
    images = torch.from_numpy(levels)[None, None] / 255
    cut = levels[100 : 100 + CUT, 200 : 200 + CUT]
    for model in (ChouLi(), Yang(), Wu2017()):
        edges = model.edges(images)
        mask = None if edges is None else edges[0, 0].numpy()
        name = model.name.replace("-", "_")
        arguments = () if mask is None else (mask,)
        small = () if mask is None else (mask[100 : 100 + CUT, 200 : 200 + CUT],)
        vectorised, loop = getattr(plain, name), getattr(plain, f"{name}_loop")
        ours = least(lambda model=model, edges=edges: model(images, edges=edges))
        theirs = least(lambda f=vectorised, a=arguments: f(levels, *a))
        slow = least(lambda f=loop, a=small: f(cut, *a), 1) * levels.size / cut.size
        print(
            f"{model.name:<10}{1000 * ours:8.1f}ms{1000 * theirs:10.1f}ms{theirs / ours:8.1f}"
            f"{slow:11.1f}s{slow / ours:8.0f}"
        )
    large = torch.rand(1, 3, 3000, 4000, generator=torch.Generator().manual_seed(0))
    for model in (Yang(), Wu2017()):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        in_tiles(model, large)
        seconds = time.perf_counter() - start
        extra = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
        print(f"{model.name}, 12 megapixels in colour: {seconds:.1f} s, {extra:.2f} GB more memory")


if __name__ == "__main__":
    sys.exit(main())
