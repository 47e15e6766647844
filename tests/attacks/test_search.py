import math

import pytest
import torch
from oracles import Projection, TwoSidedPlane, lattice

from sublimen.attacks import Bim, Dodge, Fgsm, Linf, Pgd, Recognition, Search, Untargeted
from sublimen.attacks.expectation import Expectation
from sublimen.attacks.ledger import Limits
from sublimen.attacks.look import excess
from sublimen.attacks.transformations import Noise
from sublimen.errors import ModelError, SettingError

GREY = 100 / 255
ONE = torch.ones(1, 1, 1)


def pixels(*levels):
    """One image of one sample for each number of levels."""
    return torch.tensor(levels, dtype=torch.float32).view(-1, 1, 1, 1) / 255


def climb(*levels, offset=100.5):
    """Images below the offset, in levels, are of class 1 and want to be above."""
    plane = TwoSidedPlane(ONE, offset=offset / 255)
    return plane, Recognition(plane, Untargeted(torch.ones(len(levels), dtype=torch.int64)))


def test_each_image_stops_for_itself_and_the_model_is_not_shown_it_again():
    # One level a round: the images need 1, 3 and 6 rounds to get above 100.5.
    levels = (100, 98, 95)
    plane, problem = climb(*levels)

    outcome = Bim(budget=Linf(10 / 255), step_size=0.1)(problem, pixels(*levels))

    assert outcome.reached.all()
    assert (outcome.images * 255).flatten().round().tolist() == [101, 101, 101]
    assert outcome.gradients.tolist() == [1, 3, 6]
    # The look that finds it there and the verdict on the rounded image.
    assert outcome.forwards.tolist() == [2, 2, 2]
    assert outcome.iterations.tolist() == [2, 4, 7]
    assert sum(plane.shown) == (1 + 3 + 6) + 3 * 2


def test_what_is_reached_before_rounding_but_not_after_goes_on():
    # From 100 by steps of 0.3: 100.6 is above 100.5 and rounds to 101, but the class changes at
    # 100.25, where 100.3 rounds back to 100.
    levels = (100,)
    _, problem = climb(*levels, offset=100.25)

    outcome = Bim(budget=Linf(3 / 255), step_size=0.1)(problem, pixels(*levels))

    assert outcome.reached.all()
    assert (outcome.images * 255).round().item() == 101
    assert outcome.gradients.tolist() == [2]
    assert outcome.forwards.tolist() == [1 + 1 + 1]


def test_failure_is_told_with_the_best_that_was_looked_at():
    levels = (95, 100)
    _, problem = climb(*levels)

    outcome = Bim(budget=Linf(2 / 255), steps=5, step_size=0.5)(problem, pixels(*levels))

    assert outcome.reached.tolist() == [False, True]
    assert (outcome.images * 255).flatten().round().tolist() == [97, 101]
    assert outcome.gradients.tolist() == [5, 1]
    assert outcome.iterations.tolist() == [5, 2]


def test_the_best_is_not_the_last_where_the_last_is_worse():
    # Loss is lowest at 103 levels and rises steeply beyond.
    def model(images):
        levels = images.flatten(1)[:, :1] * 255
        height = torch.where(levels < 103, 103 - levels, 5 * (levels - 103))
        return torch.cat([-height / 10 - 1, torch.zeros_like(height)], dim=1)

    search = Search(Recognition(model, Untargeted(torch.tensor([1]))), pixels(100))
    for levels in (100, 102, 104):
        search.gradient(pixels(levels))
    search.finish(pixels(106))

    assert (search.outcome().images * 255).round().item() == 102


def test_the_last_step_of_a_single_round_is_looked_at_as_well():
    _, problem = climb(95)

    outcome = Fgsm(budget=Linf(2 / 255))(problem, pixels(95))

    assert (outcome.images * 255).round().item() == 97
    assert outcome.gradients.tolist() == [1]
    assert outcome.forwards.tolist() == [2]


def test_the_trace_holds_the_loss_at_the_start_of_each_round():
    levels = (99, 90)
    plane, problem = climb(*levels)

    outcome = Bim(budget=Linf(2 / 255), steps=4, step_size=0.5)(problem, pixels(*levels))

    first = [problem.loss(pixels(*pair)) for pair in [(99, 90), (100, 91), (101, 92), (0, 92)]]
    expected = torch.stack(first).detach()
    expected[3, 0] = math.nan
    torch.testing.assert_close(outcome.trace, expected, equal_nan=True)
    assert plane.shown


def test_a_callback_is_told_before_each_round():
    levels = (100, 98)
    _, problem = climb(*levels)
    states = []

    Bim(budget=Linf(10 / 255), steps=9)(problem, pixels(*levels), watch=states.append)

    assert [s.round for s in states] == [0, 1, 2, 3]
    assert {s.rounds for s in states} == {9}
    assert [s.reached.tolist() for s in states] == [
        [False, False],
        [False, False],
        [True, False],
        [True, False],
    ]
    assert states[0].loss.isnan().all()
    assert states[1].loss.isfinite().all()


def test_what_a_callback_raises_ends_the_attack():
    _, problem = climb(90)

    def interrupt(state):
        if state.round == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Bim()(problem, pixels(90), watch=interrupt)


def test_a_summit_is_left_and_counted():
    images = lattice(2, 1, 3, 3)
    model = Projection(torch.eye(9)[:2].view(2, 1, 3, 3))
    problem = Recognition(model, Dodge(model(images), threshold=10.0))
    search = Search(problem, images)

    gradient = search.gradient(images)

    assert (gradient.flatten(1)[:, :2].abs() > 0).any(dim=1).all()
    assert (gradient.flatten(1)[:, 2:] == 0).all()
    assert search.outcome().gradients.tolist() == [1, 1]
    assert search.outcome().forwards.tolist() == [1, 1]


def test_only_the_image_on_the_summit_steps_aside_and_only_at_its_start():
    images = torch.full((2, 1, 3, 3), 0.5)
    model = Projection(torch.eye(9)[:2].view(2, 1, 3, 3))
    references = model(images) + torch.tensor([[0.0, 0.0], [3.0, 0.0]])
    search = Search(Recognition(model, Dodge(references, threshold=10.0)), images)

    first = search.gradient(images).flatten(1)
    moved = images.clone()
    moved[0, 0, 0, 0] += 0.01  # still within the share of the threshold that counts as summit
    second = search.gradient(moved).flatten(1)

    # -|e - r|^2 has the slope -2 (e - r).
    assert first[1, :2].tolist() == pytest.approx([6.0, 0.0])
    assert first[0, :2].abs().tolist() == pytest.approx([2 / 255, 2 / 255], rel=1e-3)
    assert second[0, :2].tolist() == pytest.approx([-0.02, 0.0], abs=1e-6)
    assert search.outcome().forwards.tolist() == [1, 0]
    assert search.outcome().gradients.tolist() == [2, 2]


def test_the_penalty_is_added_and_the_goal_is_scaled():
    _, problem = climb(90, 95)
    images = pixels(90, 95)

    def penalty(candidates, rows):
        return (rows + 1) * candidates.flatten(1).sum(dim=1)

    plain = Search(problem, images).gradient(images)
    both = Search(problem, images).gradient(images, penalty, scale=3.0)

    added = torch.tensor([1.0, 2.0]).view(2, 1, 1, 1)
    torch.testing.assert_close(both, 3 * plain + added)


def test_the_penalty_keeps_to_its_own_rows_when_others_have_left():
    _, problem = climb(110, 95)
    images = pixels(110, 95)

    gradient = Search(problem, images).gradient(images, lambda c, rows: 7 * rows * c.sum())

    assert gradient[0].item() == 0
    slope = -2 / (1 + math.exp(2 * 5.5 / 255))  # of log p, with logits s and -s
    assert gradient[1].item() == pytest.approx(7 + slope)


def test_gradients_do_not_shrink_with_the_batch():
    _, problem = climb(90)
    _, eight = climb(*[90] * 8)

    alone = Search(problem, pixels(90)).gradient(pixels(90))
    together = Search(eight, pixels(*[90] * 8)).gradient(pixels(*[90] * 8))

    torch.testing.assert_close(together, alone.expand_as(together))


def test_after_the_end_there_is_no_gradient_and_no_pass():
    plane, problem = climb(110)
    search = Search(problem, pixels(110))

    for _ in range(3):
        assert search.gradient(pixels(110)).item() == 0

    assert not search.going
    assert list(search.rounds(5)) == []
    assert plane.shown == [1, 1]


def spoilt(value, *, beyond):
    """A plane that answers nonsense for images above so many levels."""
    plane = TwoSidedPlane(ONE, offset=1.0)

    def model(images):
        bad = images.flatten(1) * 255 > beyond
        return torch.where(bad, value, plane(images))

    return model


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_image_without_a_finite_answer_is_returned_as_it_came(value):
    model = spoilt(value, beyond=100.5)
    problem = Recognition(model, Untargeted(torch.tensor([1, 1])))

    outcome = Bim(budget=Linf(20 / 255), steps=6, step_size=0.05)(problem, pixels(98, 50))

    assert not outcome.reached.any()
    assert (outcome.images * 255).flatten().round().tolist() == [98, 56]
    assert outcome.gradients.tolist() == [3, 6]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_model_without_a_finite_answer_to_any_image_is_named(value):
    problem = Recognition(spoilt(value, beyond=-1), Untargeted(torch.tensor([1, 1])))

    with pytest.raises(ModelError, match="finite outputs, got NaN or infinity for every image"):
        Bim()(problem, pixels(98, 50))


def test_slopes_that_are_not_finite_are_named_or_left_alone():
    # The root has an infinite slope at black.
    def model(images):
        root = images.flatten(1).sqrt() + 5
        return torch.cat([root, -root], dim=1)

    problem = Recognition(model, Untargeted(torch.tensor([0, 0])))

    with pytest.raises(ModelError, match="finite gradients"):
        Bim()(problem, pixels(0, 0))
    outcome = Bim(steps=2)(problem, pixels(0, 50))

    assert (outcome.images[0] == 0).all()
    assert outcome.images[1] < 50 / 255
    assert outcome.gradients.tolist() == [1, 2]


def test_a_slope_that_is_not_finite_does_not_undo_what_was_reached():
    # The second image is black, where the slope is infinite, and at the goal from the start.
    def model(images):
        root = images.flatten(1).sqrt() - 0.1
        return torch.cat([root, -root], dim=1)

    outcome = Bim(steps=2)(Recognition(model, Untargeted(torch.tensor([0, 0]))), pixels(200, 0))

    assert outcome.reached.tolist() == [False, True]
    assert (outcome.images * 255).flatten().round().tolist() == [198, 0]


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize("shape", [(2, 3), (1, 2), (2,), (2, 2, 1)])
def test_an_output_of_another_shape_is_named(shape):
    answers = iter([torch.tensor([[-9.0, 9.0], [-9.0, 9.0]]), torch.zeros(shape)])

    def model(images):
        return next(answers) + 0 * images.sum()

    with pytest.raises(ModelError, match="model must answer 2 x 2 numbers, got shape"):
        Bim()(Recognition(model, Untargeted(torch.tensor([1, 1]))), pixels(1, 2))


def test_a_model_without_a_gradient_is_named():
    plane = TwoSidedPlane(ONE, offset=1.0)
    problem = Recognition(torch.no_grad()(plane.__call__), Untargeted(torch.tensor([1])))

    with pytest.raises(ModelError, match="model must be differentiable"):
        Pgd()(problem, pixels(9))


def test_a_goal_for_another_number_of_images_is_refused():
    _, problem = climb(90, 91, 92)

    with pytest.raises(SettingError, match="labels must be one per image, 2, got 3"):
        Bim()(problem, pixels(90, 91))


def test_a_model_may_answer_in_another_precision():
    plane = TwoSidedPlane(ONE, offset=100.5 / 255)
    problem = Recognition(lambda x: plane(x).double(), Untargeted(torch.tensor([1])))

    outcome = Bim(budget=Linf(10 / 255))(problem, pixels(98))

    assert outcome.reached.all()
    assert outcome.images.dtype == torch.float32


def test_what_is_expected_is_the_mean_over_the_draws_of_a_view_and_nothing_is_kept():
    plane, problem = climb(100, 90)
    search = Search(problem, pixels(100, 90)).through(Expectation(transforms=(Noise(),), samples=4))
    plane.shown.clear()

    look = search.expected(pixels(120, 120), of=excess)

    outcome = search.outcome()
    assert plane.shown == [2, 2, 2, 2]
    assert look.value.tolist() == pytest.approx([2 * -19.5 / 255] * 2, abs=0.05)
    assert torch.allclose(look.gradient, torch.tensor(-2.0), atol=1e-6)
    assert outcome.gradients.tolist() == [4, 4]
    assert not outcome.reached.any()
    assert torch.equal(outcome.images, pixels(100, 90))


def test_an_image_whose_expectation_is_not_finite_leaves_as_it_came():
    def model(images):
        side = images.flatten(1).sum(dim=1) - 0.5
        side = side * torch.where(side > 0.4, torch.nan, 1.0)
        return torch.stack([-side, side], dim=1)

    search = Search(Recognition(model, Untargeted(torch.tensor([0, 0]))), pixels(100, 250))

    look = search.expected(pixels(100, 250), of=excess)

    assert search.remaining.tolist() == [True, False]
    assert look.gradient[1].abs().sum() == 0


def test_nobody_is_looked_at_who_may_not_cost_another_gradient():
    plane, problem = climb(100)
    search = Search(problem, pixels(100), limits=Limits(gradients=1))
    search.expected(pixels(100))
    plane.shown.clear()

    look = search.expected(pixels(100))

    assert plane.shown == []
    assert look.gradient.abs().sum() == 0
