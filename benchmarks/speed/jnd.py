"""JND maps against two plain implementations, as ratios in one run, and photos of 12 megapixels.

    python benchmarks/speed/jnd.py [--large]

The vectorised implementations use NumPy and SciPy in the same dtype, the others loop over pixels
(on a small cut, scaled up to the same number of pixels). Both are those of the tests. What a model
finds over the whole picture (edges, Liu's structure) is handed in to all; KLT finds its basis in
all. With --large, photos of 12 megapixels are computed in strips, each in a process of its own.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from skimage import data

from sublimen.jnd import ChouLi, Klt, Liu, Wu2013, Wu2017, Yang, ZhangDct, in_tiles
from sublimen.jnd.base import JndModel
from sublimen.photo.versions import versions

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.jnd import (
    oracles,
    oracles_klt,
    oracles_liu,
    oracles_wu_2013,
    oracles_zhang_dct,
)

REPEATS = 7
CUT = 48
BATCH = 16

CASES: tuple[tuple[JndModel, Callable[..., object], Callable[..., object]], ...] = (
    (ChouLi(), oracles.chou_li, oracles.chou_li_loop),
    (Yang(), oracles.yang, oracles.yang_loop),
    (
        Liu(),
        partial(oracles_liu.liu, variant="paper"),
        partial(oracles_liu.liu_loop, variant="paper"),
    ),
    (Wu2013(), oracles_wu_2013.wu_2013, oracles_wu_2013.wu_2013_loop),
    (Wu2017(), oracles.wu_2017, oracles.wu_2017_loop),
    (Klt(), oracles_klt.klt, oracles_klt.klt_loop),
    (ZhangDct(), oracles_zhang_dct.zhang_dct, oracles_zhang_dct.zhang_dct_loop),
)


def least(actions: dict[str, Callable[[], object]], repeats: int = REPEATS) -> dict[str, float]:
    """Least time of several runs in seconds.

    Each action runs some times in a row, in two rounds: threads of one library that still wait for
    work slow the other down.
    """
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(2):
        for name, action in actions.items():
            action()
            for _ in range(repeats):
                start = time.perf_counter()
                action()
                times[name].append(time.perf_counter() - start)
    return {name: min(values) for name, values in times.items()}


def small() -> None:
    """Maps of 512 x 512, and batches."""
    print(
        f"{versions()}, {torch.get_num_threads()} threads, 512 x 512, float32, least of {REPEATS}"
    )
    print(
        f"{'model':<10}{'ours':>10}{'batch of 16':>13}{'vectorised':>12}{'ratio':>7}"
        f"{'loop':>9}{'ratio':>7}"
    )
    levels = data.camera().astype(np.float32)
    images = torch.from_numpy(levels)[None, None] / 255
    batch = torch.cat([images.roll(9 * k, 3) for k in range(BATCH)])
    window = (slice(100, 100 + CUT), slice(200, 200 + CUT))
    for model, vectorised, loop in CASES:
        edges, many = model.edges(images), model.edges(batch)
        given = () if edges is None else (edges[0, 0].numpy(),)
        found = least(
            {
                "ours": partial(model, images, edges=edges),
                "batch": partial(model, batch, edges=many),
                "vectorised": partial(vectorised, levels, *given),
            },
            2 if model.name == "wu-2013" else REPEATS,
        )
        start = time.perf_counter()
        loop(levels[window].astype(float), *(g[window] for g in given))
        slow = (time.perf_counter() - start) * levels.size / CUT**2
        ours = found["ours"]
        print(
            f"{model.name:<10}{1000 * ours:8.1f}ms{1000 * found['batch'] / BATCH:11.1f}ms"
            f"{1000 * found['vectorised']:10.1f}ms{found['vectorised'] / ours:7.1f}"
            f"{slow:8.1f}s{slow / ours:7.0f}",
            flush=True,
        )


def large(name: str) -> None:
    """One photo of 12 megapixels: seconds, and how much memory it took beside the photo."""
    model = next(model for model, *_ in CASES if model.name == name)
    tile = torch.from_numpy(data.coffee().copy()).permute(2, 0, 1)[None].float() / 255
    photo = tile.repeat(1, 1, 8, 7)[:, :, :3000, :4000].contiguous()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    in_tiles(model, photo)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{name}, 12 megapixels in colour: {seconds:.1f} s, {(peak - before) / 2**20:.2f} GB more "
        f"memory, {peak / 2**20:.2f} GB in all",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    if "--one" in sys.argv:
        large(sys.argv[-1])
        return
    small()
    if "--large" in sys.argv:
        for model, *_ in CASES:
            subprocess.run([sys.executable, __file__, "--one", model.name], check=True)


if __name__ == "__main__":
    main()
