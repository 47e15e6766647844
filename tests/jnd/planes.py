"""Between planes in levels and batches of images."""

import numpy as np
import torch


def as_images(levels, dtype=torch.float64):
    """A grey plane, or a colour picture with its channels last, as a batch of one image."""
    channels = np.atleast_3d(np.asarray(levels, dtype=float)).transpose(2, 0, 1)
    return (torch.from_numpy(np.ascontiguousarray(channels))[None] / 255).to(dtype)


def in_levels(images):
    """The only plane of a batch, in levels."""
    return (images * 255).squeeze(0).squeeze(0).double().numpy()


def as_mask(edges):
    return torch.from_numpy(np.ascontiguousarray(edges))[None, None]
