import torch
from oracles import Projection, lattice

from sublimen.attacks import Bim, Dodge, Recognition, Through
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
