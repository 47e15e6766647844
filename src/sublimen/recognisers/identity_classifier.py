"""Closed-set identification: a softmax over the people of a gallery, whatever the embedder."""

import math
from collections.abc import Callable
from typing import ClassVar, Final, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize
from typing_extensions import override

from sublimen.checks import positive
from sublimen.errors import PhotoError
from sublimen.recognisers.classifier import Classifier
from sublimen.recognisers.gallery import GalleryChips
from sublimen.types import Chips, Embeddings, Images, Labels, Logits

SHARPEST: Final = 1e6
"""Largest factor 1 / T of a cosine: their differences are then those of rounding."""

HALVINGS: Final = 60
"""Steps of the bisection for the factor: the rounding of a double."""

AT_ONCE: Final = 32
"""Faces that are embedded together, which bounds the memory."""


@final
class IdentityClassifier(Classifier):
    """Which of the people of a gallery is this: a softmax over templates, frozen.

        logit_i = cos(e(x), t_i) / T,    t_i = mean over k of e(x_ik) / |e(x_ik)|

    where e is the embedder, x_ik are the enrolled faces of person i, and the temperature T is
    `calibrated` on faces that are not enrolled. The templates stay in memory.

    Args:
        embedder: Maps chips in [0, 1] to embeddings; frozen with the classifier if it is a module.
        templates: One vector a person; lengths do not matter.
        names: Names of the people, in the order of the templates.
        temperature: Divisor of the cosines, above 0.
        side: Height and width in pixels of the chips that the embedder takes.

    Raises:
        PhotoError: If names and templates are not as many.

    References:
        Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", ICML 2017,
        section 4.2: one temperature, found on held-out data. The recogniser is ours; it stands
        where the perceptual attack's authors have a softmax over the identities of VGGFace2.
    """

    name: ClassVar[str] = "identity-classifier"

    templates: Tensor

    def __init__(
        self,
        embedder: Callable[[Chips], Embeddings],
        templates: Embeddings,
        names: tuple[str, ...],
        *,
        temperature: float,
        side: int,
    ) -> None:
        super().__init__()
        positive(temperature=temperature)
        if len(names) != len(templates):
            raise PhotoError(
                f"each person must have one template, got {len(templates)} for {len(names)} people"
            )
        self.embedder = embedder
        self.register_buffer("templates", normalize(templates, dim=1), persistent=False)
        self.labels = names
        self.temperature = temperature
        self.side = side
        self.requires_grad_(requires_grad=False)
        self.eval()

    @classmethod
    def of(
        cls, gallery: GalleryChips, embedder: Callable[[Chips], Embeddings]
    ) -> "IdentityClassifier":
        """The classifier of a gallery.

        The last face of each person who has two or more calibrates the temperature; all others
        are enrolled.

        Args:
            gallery: Faces of at least two people, at the embedder's side.
            embedder: Maps chips in [0, 1] to embeddings.

        Raises:
            PhotoError: If there are fewer than two people, one has no face, or nobody has two.
        """
        if isinstance(embedder, nn.Module):
            embedder.requires_grad_(requires_grad=False).eval()
        _check(gallery)
        held_out = gallery.last(1) & (gallery.counts()[gallery.people] > 1)
        embeddings = _embedded(gallery.chips, embedder)
        enrolled = embeddings[~held_out], gallery.people[~held_out]
        templates = _templates(*enrolled, count=len(gallery.names))
        similarities = embeddings[held_out] @ templates.T
        return cls(
            embedder,
            templates,
            gallery.names,
            temperature=calibrated(similarities, gallery.people[held_out]),
            side=gallery.chips.shape[-1],
        )

    @override
    def classify(self, images: Images) -> Logits:
        cosines: Logits = normalize(self.embedder(images), dim=1) @ self.templates.T
        return cosines / self.temperature


def calibrated(similarities: Float[Tensor, "batch classes"], labels: Labels) -> float:
    """The temperature at which a softmax is as sure as it is right.

        T = argmin over T of  -mean over h of sum_i q_hi log softmax(s_h / T)_i,   1e-6 <= T <= 1
        q_hi = (n + 1) / (n + 2)                  for the person i of face h
        q_hi = 1 / ((n + 2) (C - 1))              for everybody else

    where s_h are the similarities of held-out face h, n is the number of those faces and C that
    of the people. With targets of 1 and 0 no temperature would be low enough once every held-out
    face is recognised, as it is in small galleries. The cross-entropy is convex in 1 / T, so its
    slope is bisected.

    Args:
        similarities: Of held-out faces to at least two people, in [-1, 1].
        labels: The person of each face.

    References:
        Platt, "Probabilistic outputs for support vector machines", 1999, section 2.2: the targets,
        there for two classes.

    Example:
        >>> similarities = torch.tensor([[0.5, 0.0], [0.0, 0.5]])
        >>> round(calibrated(similarities, torch.tensor([0, 1])), 4)
        0.4551
    """
    scores = similarities.double()
    targets = _targets(labels, scores.shape[1])
    low, high = 0.0, math.log(SHARPEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        slope = ((scores * math.exp(middle)).softmax(dim=1) - targets) * scores
        low, high = (low, middle) if slope.sum() > 0 else (middle, high)
    return math.exp(-low)


def _targets(labels: Labels, classes: int) -> Float[Tensor, "batch classes"]:
    count = len(labels)
    share = 1 / ((count + 2) * (classes - 1))
    targets = torch.full((count, classes), share, dtype=torch.float64, device=labels.device)
    return targets.scatter(1, labels[:, None], (count + 1) / (count + 2))


def _embedded(chips: Chips, embedder: Callable[[Chips], Embeddings]) -> Embeddings:
    """Unit embeddings of all faces, some at a time."""
    with torch.no_grad():
        return torch.cat([normalize(embedder(part), dim=1) for part in torch.split(chips, AT_ONCE)])


def _templates(embeddings: Embeddings, people: Labels, count: int) -> Tensor:
    """The mean of each person's unit embeddings, as a unit vector."""
    sums = embeddings.new_zeros(count, embeddings.shape[1]).index_add(0, people, embeddings)
    return normalize(sums, dim=1)


def _check(gallery: GalleryChips) -> None:
    counts = gallery.counts().tolist()
    without = [name for name, count in zip(gallery.names, counts, strict=True) if not count]
    if len(counts) < 2:
        raise PhotoError(f"gallery must hold at least two people, got {len(counts)}")
    if without:
        raise PhotoError(
            f"each person of a gallery must have a photo with a face, got none of {without[0]}; "
            "add one, or take the folder out"
        )
    if max(counts) < 2:
        raise PhotoError(
            "somebody in a gallery must have two photos with a face, one to enrol and one to "
            "calibrate, got one of each person"
        )
