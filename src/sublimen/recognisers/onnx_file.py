"""Networks in ONNX files, turned into PyTorch so that they have a gradient."""

from pathlib import Path
from typing import Any, Final, final

import torch
from torch import Tensor, nn
from typing_extensions import override

from sublimen.checks import check_digest, check_images, need
from sublimen.errors import ImageError, ModelError, WeightsError
from sublimen.recognisers.onnx_card import OnnxCard
from sublimen.recognisers.recogniser import Recogniser
from sublimen.types import Images, Output

EXTRA: Final = "onnx"
"""Extra that brings the reader and the converter."""

FAILURES: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What the converter, and a network that it made of an unfit graph, raise."""


@final
class OnnxNetwork(nn.Module):
    """An ONNX network behind the preprocessing of its card, frozen, with a gradient.

    Args:
        card: The file and what is known about it.

    Raises:
        MissingExtraError: If the reader or the converter is not installed.
        WeightsError: If the file is missing, another one than expected, or no ONNX file.
        ModelError: If an operator is not supported, or the network cannot be attacked.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, card: OnnxCard) -> None:
        super().__init__()
        self.card = card
        model = _read(card)
        self.alone = _declared(model, card)[0] == 1
        _check_logits(model, card)
        self.network = _converted(model, card.file.name)
        for name, values in (("mean", card.mean), ("std", card.std)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(requires_grad=False)
        self.eval()
        self.outputs = _probed(self, card)

    @override
    def forward(self, images: Images) -> Output:
        """What the network answers, one row an image.

        Grey images count as colour images with three equal channels.

        Raises:
            ImageError: If the images break the pixel convention or have another size.
        """
        check_images(images)
        side = self.card.side
        if images.shape[2:] != (side, side):
            raise ImageError(
                f"images must be {side} x {side}, got {images.shape[3]} x {images.shape[2]}; "
                f"{self.card.file.name} takes no others"
            )
        output: Output = self.answer(images.expand(-1, 3, -1, -1))
        return output

    def answer(self, images: Images) -> Tensor:
        """What the network answers for colour images that have been checked."""
        ordered = images.flip(1) if self.card.colour == "bgr" else images
        prepared = (self.card.scale * ordered - self.mean) / self.std
        if self.card.layout == "nhwc":
            prepared = prepared.permute(0, 2, 3, 1)
        parts = torch.split(prepared, 1) if self.alone else (prepared,)
        return torch.cat([_first(self.network(part)).flatten(1) for part in parts])


def onnx_recogniser(path: Path) -> Recogniser:
    """The recogniser of a card.

    Args:
        path: The card, a TOML file as in `sublimen.recognisers.onnx_card`.

    Raises:
        SettingError: If the card holds what it must not.
        MissingExtraError: If the reader or the converter is not installed.
        WeightsError: If the card or one of its files cannot be used.
        ModelError: If an operator is not supported, or the network cannot be attacked.
    """
    card = OnnxCard.read(path)
    network = OnnxNetwork(card)
    return Recogniser(
        name=path.stem,
        model=network,
        answers=card.kind,
        labels=_labels(card, network.outputs),
        side=card.side,
        source=card.source or f"{card.file.name}, of the user's",
        threshold=card.threshold,
        false_match_rate=card.false_match_rate,
    )


def _read(card: OnnxCard) -> Any:  # noqa: ANN401 -- onnx is loaded late
    onnx, protobuf = need("onnx", extra=EXTRA), need("google.protobuf.message", extra=EXTRA)
    if not card.file.is_file():
        raise WeightsError(f"file of a card must be there, got {card.file}; check its path")
    if card.sha256 is not None:
        check_digest(card.file, card.sha256.lower())
    try:
        return onnx.load(str(card.file))
    except (protobuf.DecodeError, OSError, ValueError) as error:
        raise WeightsError(
            f"{card.file.name} must be an ONNX file, got another or a damaged one: {error}"
        ) from error


def _declared(model: Any, card: OnnxCard) -> list[int]:  # noqa: ANN401
    """Sizes of the only input; 0 where the file leaves them open."""
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in constants]
    sizes = [[d.dim_value for d in entry.type.tensor_type.shape.dim] for entry in inputs]
    wanted = [3, card.side, card.side] if card.layout == "nchw" else [card.side, card.side, 3]
    fits = len(sizes) == 1 and len(sizes[0]) == 4
    if not fits or any(size not in {0, w} for size, w in zip(sizes[0][1:], wanted, strict=True)):
        raise ModelError(
            f"{card.file.name} must take images of {' x '.join(map(str, wanted))} as its card "
            f"says, got inputs of {sizes}; correct side or layout"
        )
    return sizes[0]


def _check_logits(model: Any, card: OnnxCard) -> None:  # noqa: ANN401
    wanted = model.graph.output[0].name
    last = [node.op_type for node in model.graph.node if wanted in node.output]
    if card.kind == "classes" and last == ["Softmax"]:
        raise ModelError(
            f"{card.file.name} must answer logits, got probabilities of a Softmax; export it "
            "without its last layer"
        )


def _converted(model: Any, name: str) -> nn.Module:  # noqa: ANN401
    converters = need("onnx2torch.node_converters", extra=EXTRA)
    versions = {entry.domain: entry.version for entry in model.opset_import}
    unsupported = set()
    for node in model.graph.node:
        version = versions.get(node.domain, 1)
        try:
            converters.get_converter(node.op_type, version=version, domain=node.domain)
        except NotImplementedError:
            unsupported.add(f"{node.domain or 'ai.onnx'}.{node.op_type} of version {version}")
    if unsupported:
        raise ModelError(
            f"{name} must be made of operators that onnx2torch turns into PyTorch, "
            f"got {', '.join(sorted(unsupported))}; export it again without them"
        )
    try:
        network: nn.Module = need("onnx2torch", extra=EXTRA).convert(model)
    except FAILURES as error:
        raise ModelError(
            f"{name} must be a network that onnx2torch turns into PyTorch, got one on which it "
            f"fails: {error}"
        ) from error
    return network


def _probed(network: OnnxNetwork, card: OnnxCard) -> int:
    """How many numbers the network answers, once it has been asked for a gradient."""
    name = card.file.name
    ramp = torch.linspace(0, 1, 2 * 3 * card.side**2).view(2, 3, card.side, card.side)
    images = ramp.requires_grad_()
    try:
        with torch.enable_grad():
            output = network.answer(images)
            # Unequal weights: probabilities sum to a constant, unit vectors have one length.
            unequal = torch.linspace(1, 2, output.shape[1])
            (gradient,) = torch.autograd.grad((output * unequal).sum(), images)
    except FAILURES as error:
        raise ModelError(
            f"{name} must answer with a gradient for two images of side {card.side}, got: {error}"
        ) from error
    if len(output) != 2 or not output.isfinite().all():
        raise ModelError(
            f"{name} must answer one row of finite numbers an image, got {tuple(output.shape)} "
            "for two; export it with a batch of any size"
        )
    if not gradient.isfinite().all() or not gradient.any():
        raise ModelError(f"{name} must have a gradient, got one of zeros or NaN")
    return output.shape[1]


def _first(output: Tensor | tuple[Tensor, ...] | list[Tensor]) -> Tensor:
    """The first output of a network that may have several."""
    return output if isinstance(output, Tensor) else output[0]


def _labels(card: OnnxCard, outputs: int) -> tuple[str, ...]:
    if card.labels is None:
        return ()
    try:
        labels = tuple(card.labels.read_text("utf-8").splitlines())
    except (OSError, ValueError) as error:
        raise WeightsError(f"labels must be a text file, got {card.labels}: {error}") from error
    if len(labels) != outputs:
        raise WeightsError(
            f"{card.labels.name} must name {outputs} classes, got {len(labels)}; one a line"
        )
    return labels
