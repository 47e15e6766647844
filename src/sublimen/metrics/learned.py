"""LPIPS and DISTS, where the user has programs and weights already. Nothing is downloaded."""

from pathlib import Path
from typing import Any, Final

import torch

from sublimen.checks import check_pair, need
from sublimen.errors import MissingExtraError
from sublimen.types import Images, PerImage

BACKBONES: Final = {
    "lpips": "alexnet-owt-7be5be79.pth",
    "dists": "vgg16-397923af.pth",
}
"""Weights that each metric would fetch, by torchvision's file names."""


def lpips(reference: Images, distorted: Images) -> PerImage:
    """LPIPS (AlexNet) of each pair: 0 for equal images. A network, which can be fooled like others.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
        MissingExtraError: If the package or the weights are not there.

    References:
        Zhang, Isola, Efros, Shechtman, Wang, "The unreasonable effectiveness of deep features as a
        perceptual metric", CVPR 2018; package lpips.
    """
    check_pair(reference, distorted, minimum_size=64)
    network = _package("lpips", "lpips").LPIPS(net="alex", verbose=False)
    pair = (images.expand(-1, 3, -1, -1).float() for images in (reference, distorted))
    return _per_image(network(*pair, normalize=True), reference)


def dists(reference: Images, distorted: Images) -> PerImage:
    """DISTS of each pair: 0 for equal images. A network, which can be fooled like others.

    Raises:
        ImageError: If the batches break the pixel convention or differ in shape.
        MissingExtraError: If the package or the weights are not there.

    References:
        Ding, Ma, Wang, Simoncelli, "Image quality assessment: unifying structure and texture
        similarity", IEEE TPAMI 2022; package DISTS-pytorch.
    """
    check_pair(reference, distorted, minimum_size=64)
    network = _package("dists", "DISTS_pytorch").DISTS()
    pair = (images.expand(-1, 3, -1, -1).float() for images in (reference, distorted))
    return _per_image(network(*pair), reference)


def _package(name: str, module: str) -> Any:  # noqa: ANN401 -- these packages have no types
    """A metric's package, if its weights are where torch keeps what was fetched before."""
    weights = Path(torch.hub.get_dir()) / "checkpoints" / BACKBONES[name]
    if not weights.is_file():
        raise MissingExtraError(f"{name} needs {weights.name}, which torch has not fetched before")
    return need(module, extra=name)


@torch.no_grad()
def _per_image(answer: torch.Tensor, like: Images) -> PerImage:
    return answer.detach().reshape(len(like)).to(like)
