"""What a layer inside a network answers."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import final

from torch import Tensor
from torch.nn import Module

from sublimen.errors import ModelError, SettingError
from sublimen.types import Embeddings, Images


@final
@dataclass(frozen=True)
class Hooked:
    """The activations of one layer of a network, as one row of features for each image.

    The network listens only during a call; its mode, its parameters and its hooks stay as they
    were. If the layer is passed more than once, its last answer counts.

    Args:
        model: Maps images in [0, 1] to anything; normalisation happens inside.
        layer: Name of a layer, as in `model.named_modules()`.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(12, 2))
        >>> Hooked(model, "1")(torch.ones(5, 3, 2, 2)).shape
        torch.Size([5, 12])
    """

    model: Module
    layer: str

    def __post_init__(self) -> None:
        names = [name for name, _ in self.model.named_modules() if name]
        if self.layer not in names:
            near = get_close_matches(self.layer, names, n=3, cutoff=0.3) or names[:3]
            raise SettingError(
                f"layer must be one of the model's, got {self.layer!r}; "
                f"did you mean {' or '.join(near) or 'another model'}"
            )

    def __call__(self, images: Images) -> Embeddings:
        """Features of the images, with a gradient.

        Raises:
            ModelError: If the layer is not passed, or its answer is not one tensor with a row for
                each image.
        """
        heard: list[object] = []
        hook = self.model.get_submodule(self.layer).register_forward_hook(
            lambda _, __, answer: heard.append(answer)
        )
        try:
            self.model(images)
        finally:
            hook.remove()
        answer = heard[-1] if heard else None
        if not isinstance(answer, Tensor) or len(answer) != len(images):
            raise ModelError(
                f"layer {self.layer} must answer one tensor with a row for each image, "
                f"got {type(answer).__name__}; name another layer"
            )
        return answer.flatten(1)
