"""Where weights are and whether they are what they should be."""

from functools import cache
from pathlib import Path
from typing import Final

from sublimen.checks import check_digest, need
from sublimen.errors import WeightsError

FOLDER: Final = "face_recognition_models"
"""Package that brings dlib's weights; both files are in the public domain (CC0)."""

SHA256: Final = {
    "dlib_face_recognition_resnet_model_v1.dat": (
        "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
    ),
    "shape_predictor_5_face_landmarks.dat": (
        "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888"
    ),
}
"""Digests of the files that are read, by name."""


@cache
def weights(name: str) -> Path:
    """Path of a file of the package, once its digest has been checked.

    Args:
        name: One of `SHA256`.

    Raises:
        MissingExtraError: If the package is not installed.
        WeightsError: If the file is missing or another one than expected.
    """
    package = need(FOLDER, extra="photo")
    path = Path(str(package.__file__)).parent / "models" / name
    if not path.is_file():
        raise WeightsError(f"{FOLDER} must hold {name}, got no such file; install it again")
    check_digest(path, SHA256[name])
    return path
