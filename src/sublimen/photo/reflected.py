"""A face as a mirrored photo shows it, in the place where it was."""

from dataclasses import dataclass
from typing import final

import numpy as np
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample
from typing_extensions import override

from sublimen.attacks.transformations import Transformation
from sublimen.attacks.view import Draw
from sublimen.recognisers.face import Face
from sublimen.recognisers.five_points import eyes_and_nose
from sublimen.types import Images


@final
@dataclass(frozen=True, kw_only=True)
class Reflected(Transformation):
    """Mirrored about the line of a face, so that the face stays where it is.

        p' = p - 2 ((p - m) . u) u

    where m is the middle of the eyes and u the direction from one to the other. Recognisers cut a
    face by its landmarks, so what they see of this is what they see of the mirrored photo.
    Bilinear, with the outermost sample beyond the rim.

    Args:
        face: The face, in pixels of the picture.
    """

    face: Face

    @override
    def see(self, images: Images, draw: Draw) -> Tensor:
        del draw
        size = np.array([images.shape[3], images.shape[2]])
        left, right = (np.array(eye) for eye in eyes_and_nose(self.face)[:2])
        along = (right - left) / np.linalg.norm(right - left)
        turn = np.eye(2) - 2 * np.outer(along, along)
        centre = (size - 1) / 2
        middle = (left + right) / 2
        moved = middle + turn @ (centre - middle) - centre
        matrix = np.column_stack([turn * size / size[:, None], 2 * moved / size])
        matrices = images.new_tensor(matrix)[None].expand(len(images), -1, -1)
        grid = affine_grid(matrices, list(images.shape), align_corners=False)
        return grid_sample(images, grid, padding_mode="border", align_corners=False)
