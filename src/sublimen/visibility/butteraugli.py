"""Butteraugli as a meter that only judges, by libjxl's program."""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, Final, final

import torch
from PIL import Image
from typing_extensions import override

from sublimen.errors import MissingExtraError
from sublimen.imaging.levels import to_bytes
from sublimen.types import Images, PerImage
from sublimen.visibility.base import Meter, Role, Score

PROGRAM: Final = "butteraugli_main"
"""Name of the program; Debian has it in the package libjxl-devtools."""

ADVICE: Final = f"{PROGRAM} is not on PATH; on Debian run: apt install libjxl-devtools"


@final
@dataclass(frozen=True, kw_only=True)
class Butteraugli(Meter):
    """The 3-norm of butteraugli's map: 0 for equal images. The images are rounded to 8 bits.

    References:
        Alakuijala, Obryk, Stoliarchuk, Szabadka, Vandevenne, Wassenberg, "Guetzli: perceptually
        guided JPEG encoder", 2017; program butteraugli_main of libjxl 0.7.0.
    """

    name: ClassVar[str] = "butteraugli"
    role: ClassVar[Role] = "unseen"
    minimum_size: ClassVar[int] = 16
    perfect: ClassVar[float] = 0.0
    version: ClassVar[str] = "butteraugli of libjxl 0.7.0"

    @override
    def check(self) -> None:
        found()

    @override
    def against(self, reference: Images) -> Score:
        return lambda distorted: self._each(reference, distorted)

    def _each(self, reference: Images, distorted: Images) -> PerImage:
        each = [slice(k, k + 1) for k in range(len(distorted))]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = pool.map(lambda k: butteraugli(reference[k], distorted[k]), each)
            norms = [norm for _, norm in found]
        return torch.tensor(norms, dtype=distorted.dtype, device=distorted.device)


def found() -> str:
    """Path of the program.

    Raises:
        MissingExtraError: If it is not on PATH.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise MissingExtraError(ADVICE)
    return program


def butteraugli(reference: Images, distorted: Images) -> tuple[float, float]:
    """Largest value and 3-norm of butteraugli's map of one pair, by the program's defaults.

    The pictures pass through files that nobody else may read and that are removed.

    Raises:
        MissingExtraError: If the program is not on PATH or does not work.
    """
    program = found()
    with TemporaryDirectory(prefix="sublimen-") as folder:
        paths = [Path(folder) / name for name in ("reference.png", "distorted.png")]
        for path, images in zip(paths, (reference, distorted), strict=True):
            Image.fromarray(to_bytes(images.expand(-1, 3, -1, -1))).save(path)
        done = subprocess.run(
            [program, *map(str, paths), "--pnorm", "3"], capture_output=True, text=True, check=False
        )
    numbers = re.findall(r"^(?:3-norm: )?([0-9.]+)$", done.stdout, flags=re.MULTILINE)
    if done.returncode or len(numbers) != 2:
        said = " ".join((done.stderr or done.stdout).split())[:200] or "nothing"
        raise MissingExtraError(f"{PROGRAM} must print two numbers, got: {said}")
    return float(numbers[0]), float(numbers[1])
