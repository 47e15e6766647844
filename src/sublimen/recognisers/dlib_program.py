"""The real dlib, to verify by code that shares nothing with the attack."""

from functools import cached_property
from typing import Any, ClassVar, final

import numpy as np
from jaxtyping import Float

from sublimen.checks import need
from sublimen.recognisers.detection import as_colour
from sublimen.recognisers.dlib_resnet import FILE
from sublimen.recognisers.face import Face
from sublimen.recognisers.weights import weights
from sublimen.types import PhotoLevels


@final
class DlibProgram:
    """Dlib's own face recogniser: the network of `DlibResnet` by dlib's code."""

    name: ClassVar[str] = "dlib"

    def embed(self, levels: PhotoLevels, face: Face) -> Float[np.ndarray, "128"]:
        """Dlib's descriptor of a face, without jitter.

        Raises:
            MissingExtraError: If dlib or its weights are not installed.
        """
        dlib = need("dlib", extra="photo")
        points = dlib.points([dlib.point(round(x), round(y)) for x, y in face.landmarks])
        x0, y0, x1, y1 = face.box
        rectangle = dlib.rectangle(x0, y0, x1 - 1, y1 - 1)
        shape = dlib.full_object_detection(rectangle, points)
        descriptor = self._model.compute_face_descriptor(as_colour(levels), shape)
        return np.array(descriptor, dtype=np.float32)

    @cached_property
    def _model(self) -> Any:  # noqa: ANN401 -- dlib has no types
        return need("dlib", extra="photo").face_recognition_model_v1(str(weights(FILE)))
