"""ColorVideoVDP as a meter, with the original's half computed once."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Final, final

import torch
from torch import Tensor
from typing_extensions import override

from sublimen.checks import need
from sublimen.imaging.separable import correlate, gaussian
from sublimen.types import Images, PerImage
from sublimen.visibility.base import Meter, Role, Score
from sublimen.visibility.displays import DISPLAYS, Display
from sublimen.visibility.pyramid import expanded, reduced

CPU: Final = torch.device("cpu")

GAINS: Final = (1.0, 1.45, 1.0)
"""What the contrasts of the opponent channels are multiplied by, as in the program."""

BLUR: Final = 6
"""Reach of the blur of what masks, in samples, as in the program; smaller bands are not blurred."""

SPREAD: Final = 3.0
"""Standard deviation of that blur."""

TINY: Final = 1e-5
"""Keeps the slope of powers finite at 0, as in the program."""

DARKEST: Final = 0.01
"""Least background luminance in cd/m2, as in the program."""


@final
@dataclass(frozen=True, kw_only=True)
class Cvvdp(Meter):
    """ColorVideoVDP, in just-objectionable-difference units: 10 for equal images.

    Args:
        display: The screen, whose photometry the program knows by its name.

    References:
        Mantiuk, Hanji, Ashraf, Asano, Chapiro, "ColorVideoVDP: a visual difference predictor for
        image, video and display distortions", ACM TOG 2024; program 0.5.7.
    """

    name: ClassVar[str] = "cvvdp"
    role: ClassVar[Role] = "optimised"
    minimum_size: ClassVar[int] = 16
    perfect: ClassVar[float] = 10.0
    version: ClassVar[str] = "ColorVideoVDP 0.5.7"

    display: Display = DISPLAYS["standard_fhd"]

    @override
    def check(self) -> None:
        program(self.display)

    @override
    def against(self, reference: Images) -> Score:
        half = _Half(program(self.display, reference.device), reference)
        return half.score


@lru_cache(maxsize=4)
def program(display: Display, device: torch.device = CPU) -> Any:  # noqa: ANN401 -- no types
    """The program itself, set up for a screen.

    Raises:
        MissingExtraError: If it is not installed.
    """
    with _quiet("torch.utils.cpp_extension"):
        pycvvdp = need("pycvvdp", extra="cvvdp")
    geometry = need("pycvvdp.display_model", extra="cvvdp").vvdp_display_geometry(
        (display.width, display.height),
        distance_m=display.distance,
        diagonal_size_inches=display.diagonal,
    )
    return pycvvdp.cvvdp(
        display_name=display.name,
        display_geometry=geometry,
        quiet=True,
        device=device,
    )


@contextmanager
def _quiet(logger: str) -> Iterator[None]:
    """Without the warnings of a logger, here about a missing GPU, which nobody asked for."""
    log = logging.getLogger(logger)
    before = log.level
    log.setLevel(logging.ERROR)
    yield
    log.setLevel(before)


class _Half:
    """The original's contrasts and the eye's sensitivity to them, at every band of the pyramid."""

    def __init__(self, program: Any, reference: Images) -> None:  # noqa: ANN401
        height, width = reference.shape[2:]
        self.program = program
        self.pyramid = _pyramid(program, width, height)
        self.contrasts, backgrounds = self._bands(reference)
        bands = self.pyramid.get_freqs()
        bands[-1] = 0.1
        self.sensitivities = [
            self._sensitivity(float(rho), log_background)
            for rho, log_background in zip(bands, backgrounds, strict=True)
        ]

    def score(self, distorted: Images) -> PerImage:
        """JOD of each image."""
        program = self.program
        contrasts, _ = self._bands(distorted)
        pooled = []
        last = len(contrasts) - 1
        for band, (test, own, sensitivity) in enumerate(
            zip(contrasts, self.contrasts, self.sensitivities, strict=True)
        ):
            if band == last:
                seen = (test - own).abs() * sensitivity
            else:
                seen = self._masked(test * sensitivity, own * sensitivity)
            pooled.append(program.lp_norm(seen, program.beta, dim=(-2, -1), keepdim=False))
        jod: Tensor = program.do_pooling_and_jods(torch.stack(pooled, dim=-1))
        return jod.reshape(-1).to(distorted)

    def _masked(self, test: Tensor, own: Tensor) -> Tensor:
        """Differences of visible contrasts, less where there is contrast that masks them.

            D = |t - o|^p / (1 + M),    M = pooled over the channels of (10^c blur min(|t|, |o|))^q

        The program's equations; it blurs by one convolution of 13 x 13, this by two of 13.
        """
        program = self.program
        gain = test.new_tensor(GAINS).view(1, 3, 1, 1, 1)
        test, own = test * gain, own * gain
        mutual = torch.minimum(test.abs(), own.abs())
        if min(mutual.shape[-2:]) > BLUR:
            planes = mutual.flatten(0, 2)[None]
            mutual = correlate(planes, gaussian(BLUR, SPREAD), border="reflect").view_as(mutual)
        powers = program.mask_q[:3].view(3, 1, 1, 1)
        mask = program.mask_pool(_power(mutual * 10**program.mask_c, powers))
        seen: Tensor = program.clamp_diffs(_power((test - own).abs(), program.mask_p) / (1 + mask))
        return seen

    def _bands(self, images: Images) -> tuple[list[Tensor], list[Tensor]]:
        """Weber contrasts of the opponent channels, and the log luminance that they stand on."""
        frames = images.float().expand(-1, 3, -1, -1)[:, :, None]
        opponent = self.program.display_photometry.source_2_target_colorspace(frames, "DKLd65")
        levels = [opponent]
        for _ in range(self.pyramid.height):
            levels.append(reduced(levels[-1]))
        contrasts, backgrounds = [], []
        for band, level in enumerate(levels):
            if band == len(levels) - 1:
                layer = level
                light = level[:, :1].clamp(min=DARKEST).mean(dim=(-2, -1), keepdim=True)
            else:
                coarse = expanded(levels[band + 1], *level.shape[-2:])
                layer, light = level - coarse, coarse[:, :1].clamp(min=DARKEST)
            gain = 2.0 if 0 < band < len(levels) - 1 else 1.0
            contrasts.append(gain * (layer / light).clamp(max=1000))
            backgrounds.append(light.log10())
        return contrasts, backgrounds

    def _sensitivity(self, rho: float, log_background: Tensor) -> Tensor:
        program = self.program
        correction = 10.0 ** (program.sensitivity_correction / 20.0)
        channels = [
            program.csf.sensitivity(rho, 0, log_background, channel, program.csf_sigma)
            for channel in range(3)
        ]
        sensitivity: Tensor = torch.cat(channels, dim=1) * correction
        return sensitivity


def _power(values: Tensor, exponent: Tensor) -> Tensor:
    """A power with a finite slope at 0, as in the program."""
    return (values + TINY) ** exponent - TINY**exponent


@lru_cache(maxsize=16)
def _pyramid(program: Any, width: int, height: int) -> Any:  # noqa: ANN401
    decompositions = need("pycvvdp.lpyr_dec", extra="cvvdp")
    return decompositions.weber_contrast_pyr(
        width, height, program.pix_per_deg, program.device, contrast=program.contrast
    )
