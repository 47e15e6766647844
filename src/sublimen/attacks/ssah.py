"""Semantic similarity attack on high-frequency components."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, TypeAlias, final

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, pad, smooth_l1_loss
from typing_extensions import override

from sublimen.attacks.base import Attack
from sublimen.attacks.look import Penalty, spread
from sublimen.attacks.search import Search
from sublimen.attacks.slopes import check_differentiable
from sublimen.checks import at_least, positive
from sublimen.types import Embeddings, Images, PerImage, Rows

Features: TypeAlias = Callable[[Images], Tensor]
"""What a network makes of images on its way, one row each."""

INSIDE: Final = 1 - 1e-6
"""Where black and white lie between -1 and 1, so that their variables stay finite."""

DECAYS: Final = (0.9, 0.999)
"""Shares of the old mean and the old mean square that Adam keeps."""

TINY: Final = 1e-8
"""Added to Adam's divisor."""


@final
@dataclass(frozen=True, kw_only=True)
class Ssah(Attack):
    """Makes the features of an image unlike its own while its low frequencies stay.

        min over w of u s_x - v s_p + lambda sum H(LL(z) - LL(x)),    z = (tanh(w) + 1) / 2
        s_x = cos(F(z), F(x)),    s_p = cos(F(z), F(p))
        u = relu(s_x - m),    v = relu(1 + m - s_p),    both held fixed

    by Adam, where F are the features, LL what the lowest band of a Haar transform shows, H is
    |d|^2 / 2 below 1 and |d| - 1/2 above, and p is another picture. An image leaves at the first z
    that is at the goal as an 8-bit image. For a goal that names whom to be taken for, the goal's
    own loss takes the place of the similarities.

    Args:
        features: F, which answers one row for each image, such as `Hooked(model, "layer")`. If
            not given: the recogniser's output and, behind it, the length that it has for the
            original, since the angle between logits s and -s is the same for any s > 0.
        steps: Number of steps, at least 1.
        learning_rate: Adam's step of w, above 0; at mid-grey twice what a sample in [0, 1] moves.
        margin: m, at least 0.
        low_frequency: lambda, at least 0.

    References:
        Luo, Lin, Xie, Wu, Zhou, Huang, Xie, "Frequency-driven imperceptible adversarial attack on
        semantic similarity", CVPR 2022, eqs. (2) to (9). There p is the least similar picture of
        the batch, so that a result depends on the company; ours is the less similar of the
        image's negative and its pixels in random order, both known from the image alone. Theirs
        has a step of 1e-4, does not end at the goal but keeps the difference of the similarities
        at least 0, where ours would now and then stay short of the goal; and no named goals.
    """

    name: ClassVar[str] = "ssah"

    features: Features | None = None
    steps: int = 200
    learning_rate: float = 1e-3
    margin: float = 0.2
    low_frequency: float = 0.1

    def __post_init__(self) -> None:
        at_least(1, steps=self.steps)
        positive(learning_rate=self.learning_rate)
        at_least(0, margin=self.margin, low_frequency=self.low_frequency)

    @override
    def perturb(self, search: Search) -> None:
        search.judge(search.images)
        if not search.going:
            return
        variables = torch.arctanh(INSIDE * (2 * search.images - 1))
        mean = square = torch.zeros_like(variables)
        descent = self._descent(search)
        for turn in search.rounds(self.steps):
            turned = torch.tanh(variables)
            slopes = descent((turned + 1) / 2) * (1 - turned.square()) / 2
            mean = DECAYS[0] * mean + (1 - DECAYS[0]) * slopes
            square = DECAYS[1] * square + (1 - DECAYS[1]) * slopes.square()
            first, second = (1 - decay ** (turn + 1) for decay in DECAYS)
            step = (mean / first) / ((square / second).sqrt() + TINY)
            variables = variables - self.learning_rate * step
        search.finish((torch.tanh(variables) + 1) / 2)

    def _descent(self, search: Search) -> Callable[[Images], Images]:
        """Slopes of everything that is lowered; images at the goal leave before."""
        if search.problem.goal.towards:
            held = self._held(search.images)
            return lambda candidates: search.gradient(candidates, held)
        lowered = self._lowered(search)

        def descent(candidates: Images) -> Images:
            search.judge(candidates)
            return search.slopes(lowered, candidates)

        return descent

    def _held(self, images: Images) -> Penalty:
        """The low frequencies' part of the loss."""
        low = low_frequencies(images)

        def penalty(candidates: Images, rows: Rows) -> PerImage:
            moved = smooth_l1_loss(low_frequencies(candidates), low[rows], reduction="none")
            return self.low_frequency * moved.flatten(1).sum(dim=1)

        return penalty

    def _lowered(self, search: Search) -> Penalty:
        """The whole loss; the fixed features cost three passes."""
        images, rows = search.images, search.remaining.nonzero().flatten()
        features = self._features(search, rows)
        order = search.random()[:, :1].flatten(2).argsort(dim=2).expand(-1, images.shape[1], -1)
        shuffled = images.flatten(2).gather(2, order).view_as(images)
        with torch.no_grad():
            own, *others = (features(p[rows], rows) for p in (images, 1 - images, shuffled))
        search.count(forwards=3)
        alike = torch.stack([cosine_similarity(other, own) for other in others])
        less = torch.where((alike[0] <= alike[1])[:, None], others[0], others[1])
        own, partner = (spread(known, rows, len(images)) for known in (own, less))
        held = self._held(images)

        def lowered(candidates: Images, rows: Rows) -> PerImage:
            found = features(candidates, rows)
            check_differentiable(found)
            return _similarity(found, own[rows], partner[rows], self.margin) + held(
                candidates, rows
            )

        return lowered

    def _features(self, search: Search, rows: Rows) -> Callable[[Images, Rows], Embeddings]:
        if self.features is not None:
            given = self.features
            return lambda candidates, _: given(candidates).flatten(1)
        problem = search.problem
        with torch.no_grad():
            output = problem.at(rows).output(search.images[rows])
        search.count(forwards=1)
        length = spread(output.norm(dim=1, keepdim=True), rows, len(search.images))

        def lifted(candidates: Images, rows: Rows) -> Embeddings:
            return torch.cat([problem.at(rows).output(candidates), length[rows]], dim=1)

        return lifted


def _similarity(found: Embeddings, own: Embeddings, partner: Embeddings, margin: float) -> PerImage:
    """The similarities' part of the loss, with u and v held fixed."""
    near, far = cosine_similarity(found, own), cosine_similarity(found, partner)
    u = (near.detach() - margin).relu()
    v = (1 + margin - far.detach()).relu()
    return u * near - v * far


def low_frequencies(images: Images) -> Images:
    """What is left of images without the three upper bands of a Haar transform.

    The lowest band of the orthonormal transform is half the sum of 2 x 2 samples; transformed
    back, each of the four is their mean. An odd side is completed by its last samples.
    """
    height, width = images.shape[2:]
    whole = pad(images, (0, width % 2, 0, height % 2), mode="replicate")
    rows = (whole[:, :, 0::2] + whole[:, :, 1::2]) / 2
    both = (rows[..., 0::2] + rows[..., 1::2]) / 2
    back = both.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    return back[:, :, :height, :width]
