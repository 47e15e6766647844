import pytest
import torch
from oracles import TwoSidedPlane, lattice

from sublimen.attacks import AdvDrop, Recognition, Untargeted
from sublimen.attacks.adv_drop import frequencies, picture, soft_round
from sublimen.errors import ImageError, SettingError


class Recorder(TwoSidedPlane):
    """A plane that remembers what it was shown."""

    def __init__(self, weights, offset=0.0):
        super().__init__(weights, offset)
        self.seen = []

    def __call__(self, images):
        self.seen.append(images.detach().clone())
        return super().__call__(images)


def never(weights, images):
    """A plane that lies too far from the pictures to be crossed."""
    plane = Recorder(weights)
    plane.offset = plane.side(images).min().item() - 9
    return plane


def wave(u, v, height, side=8):
    """Grey with one cosine of a block, of this many levels in its coefficient."""
    coefficients = torch.zeros(8, 8, 1, side // 8, side // 8)
    coefficients[u, v] = height
    return picture(coefficients, torch.zeros(1, 1, side, side))


def test_soft_rounding_keeps_whole_numbers():
    whole = torch.arange(-4.0, 5.0)

    torch.testing.assert_close(soft_round(whole, 0.1), whole)


def test_the_limit_of_soft_rounding_is_rounding():
    values = torch.tensor([-1.6, -0.4, 0.2, 0.4, 0.6, 2.7, 126.1])

    torch.testing.assert_close(soft_round(values, 1e-20), values.round(), atol=1e-3, rtol=0)


def test_soft_rounding_has_a_hand_computed_value_and_rises():
    # s = 2/5: k = log 4, tanh(k / 4) = (2 - 1) / (2 + 1) = 1/3; (1 + 1/3 / 0.6) / 2 = 7/9.
    values = torch.linspace(-2, 2, 401)

    assert soft_round(torch.tensor([3.75]), 0.4).item() == pytest.approx(3 + 7 / 9)
    assert (soft_round(values, 0.4).diff() > 0).all()


def test_pictures_come_back_from_their_frequencies():
    images = lattice(2, 3, 21, 18)

    torch.testing.assert_close(picture(frequencies(images), images), images)


def test_a_constant_block_has_eight_times_its_distance_from_128():
    images = torch.full((1, 1, 8, 8), 131 / 255)

    found = frequencies(images).flatten()

    assert found[0].item() == pytest.approx(24, abs=1e-3)
    assert found[1:].abs().max() < 1e-3


def test_a_quantisation_finer_than_a_level_changes_nothing(generator):
    images = lattice(2, 3, 13, 17)
    model = never(torch.randn(3, 13, 17, generator=generator), images)
    goal = Untargeted(torch.tensor([0, 0]))

    outcome = AdvDrop(steps=3, coarsest=0.05, finest=0.01)(Recognition(model, goal), images)

    assert torch.equal(outcome.images, images)
    assert not outcome.reached.any()


def test_it_starts_with_the_coarsest_quantisation():
    # 14 levels in one coefficient, quantised by 10: 10; 4 would be dropped.
    images = wave(2, 3, 14.0) + wave(5, 1, 4.0) - wave(0, 0, 0.0)
    model = never(torch.ones(1, 8, 8), images)

    AdvDrop(steps=1, softness=1e-12)(Recognition(model, Untargeted(torch.tensor([0]))), images)

    first = frequencies(model.seen[1])[:, :, 0, 0, 0]
    assert first[2, 3].item() == pytest.approx(10, abs=0.1)
    assert first[5, 1].item() == pytest.approx(0, abs=0.1)
    assert first.norm().item() == pytest.approx(10, abs=0.2)


@pytest.mark.parametrize(("sign", "expected"), [(1, 18.0), (-1, 20.0)])
def test_a_step_moves_the_quantisation_where_the_goal_is(sign, expected):
    # 19 levels / 10 rounds to 2: with q = 10 the picture holds 20; q = 9 gives 18. Lower is the
    # goal's side of a positive weight; the other way q is at its largest already.
    images = wave(2, 3, 19.0)
    weights = sign * (wave(2, 3, 1.0) - wave(2, 3, 0.0))[0]
    model = never(weights, images)

    AdvDrop(steps=1, softness=0.01)(Recognition(model, Untargeted(torch.tensor([0]))), images)

    last = frequencies(model.seen[-1])[2, 3].item()
    assert last == pytest.approx(expected, abs=0.2)


def test_the_quantisation_stays_between_its_ends():
    # It swings: 23 / 10 rounds to 2, 20 levels; 23 / 8 to 3, 24 levels. A step beyond would hold
    # 25 at 5, and 26 at 13.
    images = wave(2, 3, 23.0)
    weights = (wave(2, 3, 0.0) - wave(2, 3, 1.0))[0]
    found = []

    for steps in range(1, 5):
        model = never(weights, images)
        problem = Recognition(model, Untargeted(torch.tensor([0])))
        AdvDrop(steps=steps, finest=8.0, step_size=5.0)(problem, images)
        found.append(round(frequencies(model.seen[-1])[2, 3].item()))

    assert set(found) == {20, 24}


def test_it_ends_at_the_goal():
    images = lattice(2, 3, 16, 16)
    images[1] = 1 - images[0]
    model = TwoSidedPlane(torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(0)))
    near, far = model.side(images).sort().values
    model.offset = near - 1e-3
    images = images[model.side(images).argsort()]
    assert far - near > 10
    goal = Untargeted(torch.tensor([0, 0]))

    outcome = AdvDrop(steps=5)(Recognition(model, goal), images)

    assert outcome.reached.tolist() == [True, False]
    assert outcome.gradients[0] < 5 == outcome.gradients[1]


def test_it_refuses_pictures_too_small_to_be_reflected():
    images = lattice(1, 3, 4, 9)
    problem = Recognition(TwoSidedPlane(torch.ones(3, 4, 9)), Untargeted(torch.tensor([0])))

    with pytest.raises(ImageError, match="at least 5 x 5"):
        AdvDrop()(problem, images)


@pytest.mark.parametrize(
    "settings",
    [
        {"steps": 0},
        {"coarsest": 0.0},
        {"finest": 11.0},
        {"step_size": 0.0},
        {"softness": 0.0},
        {"softness": 1.0},
    ],
    ids=str,
)
def test_it_refuses_settings_that_make_no_sense(settings):
    (name,) = settings

    with pytest.raises(SettingError, match=name):
        AdvDrop(**settings)
