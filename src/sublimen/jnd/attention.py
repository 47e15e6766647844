"""Where a degradation would be noticed, read from the gradient of a compression network."""

from typing import Final, final

import torch
from torch import Tensor
from torch.nn.functional import interpolate
from typing_extensions import NamedTuple

from sublimen.jnd.autoencoder import Autoencoder
from sublimen.types import Images, Plane

TINY: Final = 1e-20
"""Least range that is stretched to [0, 1]; a flat field has none."""


@final
class Attention(NamedTuple):
    """What the first stage says of a picture.

    Args:
        focus: x_c, where the network's features weigh, in [0, 1].
        slope: x_g, how steeply its error rises with each sample, in [0, 1].
        weights: How much each feature weighs, batch x features x 1 x 1.
    """

    focus: Plane
    slope: Images
    weights: Tensor


def attention(network: Autoencoder, images: Images) -> Attention:
    """Gradient-weighted class activation, with the network's own error in place of a class.

        x_c = N(|sum_k w_k f_k|),    w_k = mean over positions of d MSE / d f_k
        x_g = N(max(d MSE / d x, 0)),    N stretches each image to [0, 1]

    Constants, without a gradient of their own.

    References:
        Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based
        localization", ICCV 2017, eqs. (1), (2), with the absolute value in place of the ReLU.
    """
    with torch.enable_grad():
        leaf = images.detach().clone().requires_grad_()
        features, decoded = network(leaf)
        errors = (decoded - leaf).square().flatten(1).mean(dim=1)
        by_feature, by_sample = torch.autograd.grad(errors.sum(), (features, leaf))
    weights = by_feature.mean(dim=(2, 3), keepdim=True)
    focus = focused(features.detach(), weights, images)
    return Attention(focus, _stretched(by_sample.clamp(min=0)), weights)


def focused(features: Tensor, weights: Tensor, images: Images) -> Plane:
    """x_c of features for given weights, at the size of the images."""
    activation = (weights * features).sum(dim=1, keepdim=True).abs()
    return _stretched(interpolate(activation, images.shape[2:], mode="bilinear"))


def _stretched(values: Tensor) -> Tensor:
    least, most = values.amin(dim=(1, 2, 3), keepdim=True), values.amax((1, 2, 3), keepdim=True)
    return (values - least) / (most - least).clamp(min=TINY)
