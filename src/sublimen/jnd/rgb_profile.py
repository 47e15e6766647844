"""A map of luma spread over R, G and B."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, final

from torch import Tensor
from typing_extensions import override

from sublimen.errors import SettingError
from sublimen.jnd.base import JndModel, Whole
from sublimen.jnd.wu_2017 import Wu2017
from sublimen.types import Images, JndMap, Plane


@final
@dataclass(frozen=True, kw_only=True)
class RgbProfile(JndModel):
    """Any map of luma, with a gain for each channel.

        J_c = gain_c J,    gain_G < gain_R < gain_B

    The eye is said to notice a change of green first and one of blue last. A map of one plane for
    a grey picture stays as it is.

    Args:
        padding: What lies beyond the rim, for the model of luma.
        model: The model of luma.
        channel_gains: Gains of R, G and B, above 0. Those of the source, by default: its loss
            weighs an excess over the map by 3, 5 and 1, so that equal loss allows R 5 / 3 and B 5
            times what it allows G. How visible noise of this profile is, and that meters give fine
            blue more credit than viewers may, is in docs/guide/jnd/rgb-profile.md.

    References:
        Xue, Jin, Sun, Lin, "HVS-inspired adversarial image generation with high perceptual
        quality", Journal of Cloud Computing 12, 2023, M(r, g, b) = (3, 5, 1), after the order
        that Jin, Yu, et al., "Full RGB just noticeable difference (JND) modelling", arXiv
        2203.00629, 2022, report. The inverse as gains is ours.
    """

    name: ClassVar[str] = "rgb-profile"
    halo: ClassVar[int] = 64
    """Enough for every model."""
    grid: ClassVar[int] = 8

    model: JndModel = field(default_factory=Wu2017)
    channel_gains: tuple[float, float, float] = (5 / 3, 1.0, 5.0)

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        if not all(0 < gain < float("inf") for gain in self.channel_gains):
            raise SettingError(
                f"channel_gains must be above 0 and finite, got {self.channel_gains}"
            )
        if self.model.tiling != "exact" or self.model.halo > self.halo:
            raise SettingError(
                f"model must be one that can be computed in tiles, got {self.model.name}"
            )

    @property
    def luma_model(self) -> JndModel:
        """The model of luma with this padding."""
        return replace(self.model, padding=self.padding)

    @property
    @override
    def takes_edges(self) -> bool:
        return self.luma_model.takes_edges

    @override
    def edges(self, images: Images) -> Tensor | None:
        return self.luma_model.edges(images)

    @override
    def check_edges(self, edges: Tensor) -> None:
        self.luma_model.check_edges(edges)

    @override
    def statistics(self, images: Images) -> Tensor | None:
        return self.luma_model.statistics(images)

    @override
    def threshold(self, images: Images, whole: Whole) -> JndMap | Plane:
        plane = self.luma_model.threshold(images, whole)
        if images.shape[1] == 1:
            return plane
        return plane * images.new_tensor(self.channel_gains).view(1, 3, 1, 1)
