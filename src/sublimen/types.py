"""Names for the tensors that pass between the parts, with their shapes.

One convention everywhere: sRGB, batch x channel x height x width, float in [0, 1]. A tensor in
8-bit levels (0 to 255) says so in its name. JND maps have the unit of the image.
"""

from typing import Final, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8
from torch import Tensor

LEVELS: Final = 255
"""Distance of black and white in 8-bit levels."""

Images: TypeAlias = Float[Tensor, "batch channel height width"]
"""A batch of images, sRGB in [0, 1]. Twice in one signature means the same shape."""

Resampled: TypeAlias = Float[Tensor, "batch channel new_height new_width"]
"""The same images at another size."""

Chosen: TypeAlias = Float[Tensor, "rows channel height width"]
"""Some images of a batch."""

Plane: TypeAlias = Float[Tensor, "batch 1 height width"]
"""One number per pixel, such as luma."""

Mask: TypeAlias = Bool[Tensor, "batch 1 height width"]
"""One truth value per pixel, such as an edge map."""

JndMap: TypeAlias = Float[Tensor, "batch channel height width"]
"""Visibility thresholds, one per sample, in the unit of the image."""

Chips: TypeAlias = Float[Tensor, "batch 3 side side"]
"""Aligned faces as a recogniser takes them, sRGB in [0, 1]."""

PerPixel: TypeAlias = Float[Tensor, "batch height width"]

Metric: TypeAlias = Float[Tensor, "batch height width 3 3"]
"""What a change of a pixel's three channels costs: m' M m."""

Logits: TypeAlias = Float[Tensor, "batch classes"]
Embeddings: TypeAlias = Float[Tensor, "batch features"]

References: TypeAlias = Float[Tensor, "_ _"] | Float[Tensor, "_ _ _"]
"""One embedding for each image (whose, features), or several (whose, which, features); those of
one image may stand for all."""

Output: TypeAlias = Float[Tensor, "batch outputs"]
"""What a recogniser answers: logits or embeddings."""

Ways: TypeAlias = Float[Tensor, "batch ways"]
"""One number for each way in which an image can reach a goal."""

Labels: TypeAlias = Int[Tensor, " batch"]
PerImage: TypeAlias = Float[Tensor, " batch"]
Count: TypeAlias = Int[Tensor, " batch"]
Reached: TypeAlias = Bool[Tensor, " batch"]
Rows: TypeAlias = Int[Tensor, " rows"]
"""Places of some images in their batch."""

PhotoLevels: TypeAlias = UInt8[np.ndarray, "height width channel"]
"""One photo as it is stored: upright, 1 or 3 channels, 8-bit levels."""

ColourLevels: TypeAlias = UInt8[np.ndarray, "height width 3"]
"""One photo as it is stored, with three channels."""

RegionLevels: TypeAlias = UInt8[np.ndarray, "region_height region_width channel"]
"""A part of a stored photo."""

RegionChange: TypeAlias = Float32[np.ndarray, "_ _ _"]
"""How far samples of a photo's region are moved, in levels: height x width x channels."""

Opacity: TypeAlias = UInt8[np.ndarray, "height width"]
"""How opaque each pixel of a stored photo is, in 8-bit levels."""

LevelMap: TypeAlias = Float[np.ndarray, "channel height width"]
"""A map over one photo in 8-bit levels."""
