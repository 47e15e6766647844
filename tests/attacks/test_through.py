from dataclasses import dataclass

import torch
from oracles import Lowest, Projection, Scripted, TwoSidedPlane, lattice

from sublimen.attacks import Bim, Dodge, Fgsm, Linf, Recognition, Through, Untargeted, View
from sublimen.attacks.diversity import InputDiversity
from sublimen.attacks.expectation import Expectation
from sublimen.attacks.transformations import Brightness
from sublimen.attacks.translation import TranslationInvariance


def problem_of(images):
    model = Projection(torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1)))
    return Recognition(model, Dodge(model(images) + 0.1, threshold=99.0))


def test_without_views_it_is_the_inner_attack():
    images = lattice(2, 3, 8, 8)

    through = Through(inner=Bim(steps=4), views=())(problem_of(images), images)
    plain = Bim(steps=4)(problem_of(images), images)

    assert torch.equal(through.images, plain.images)
    assert torch.equal(through.gradients, plain.gradients)


def test_a_view_costs_a_look_of_its_own_and_each_draw_a_gradient():
    images = lattice(2, 3, 8, 8)
    view = Expectation(transforms=(Brightness(),), samples=3)

    outcome = Through(inner=Bim(steps=4), views=(view,))(problem_of(images), images)

    assert outcome.gradients.tolist() == [12, 12]
    assert outcome.forwards.tolist() == [6, 6]


def test_views_come_one_after_the_other():
    images = lattice(2, 3, 8, 8)
    views = (InputDiversity(probability=0.0), TranslationInvariance(radius=0))

    outcome = Through(inner=Bim(steps=4), views=views)(problem_of(images), images)

    assert torch.equal(outcome.images, Bim(steps=4)(problem_of(images), images).images)


@dataclass(frozen=True)
class Line(View):
    """Shows a x + b in place of x."""

    factor: float = 1.0
    offset: float = 0.0
    transparent = False

    def see(self, images, draw):
        del draw
        return self.factor * images + self.offset


def test_the_first_view_is_nearest_to_the_images():
    model = Scripted(*[(1.0,)] * 9)
    images = torch.full((1, 1, 1, 1), 100 / 255)
    views = (Line(factor=0.5), Line(offset=10 / 255))

    Through(inner=Fgsm(budget=Linf(4 / 255)), views=views)(Recognition(model, Lowest()), images)

    # The image itself, what the gradient is taken through, and the last candidate.
    assert model.levels == [[100], [60], [96]]


def test_what_is_judged_is_the_image_itself():
    # Through the view everything is beyond the border; the image is not until it is at 95.
    images = torch.full((1, 1, 1, 1), 100 / 255)
    plane = TwoSidedPlane(torch.ones(1, 1, 1), offset=95.5 / 255)
    problem = Recognition(plane, Untargeted(torch.tensor([0])))
    view = Line(offset=-50 / 255)

    outcome = Through(inner=Bim(budget=Linf(10 / 255)), views=(view,))(problem, images)

    assert outcome.reached.all()
    assert (outcome.images * 255).round().item() == 95
    assert outcome.gradients.item() == 5
