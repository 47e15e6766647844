import pytest
import torch

from sublimen.attacks import Targeted, Untargeted
from sublimen.attacks.look import (
    along,
    among,
    every_way,
    excess,
    loss,
    relative_excess,
    soft_slope,
    spread,
)

OUTPUT = torch.tensor([[4.0, 1.0, 3.0, 0.0], [0.0, 2.0, 6.0, 5.0]])


def test_spread_puts_values_in_their_rows_and_zero_elsewhere():
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0]])

    whole = spread(values, torch.tensor([3, 1]), 4)

    assert whole.tolist() == [[0, 0], [3, 4], [0, 0], [1, 2]]


def test_spread_of_truth_values_is_false_elsewhere():
    whole = spread(torch.tensor([True]), torch.tensor([1]), 3)

    assert whole.dtype == torch.bool
    assert whole.tolist() == [False, True, False]


def test_among_keeps_the_rows_that_are_chosen_in_the_whole_batch():
    chosen = torch.tensor([True, False, True, False, True])

    assert among(torch.tensor([1, 2, 4]), chosen).tolist() == [2, 4]
    assert among(torch.tensor([], dtype=torch.int64), chosen).tolist() == []


def test_the_measures_are_those_of_the_goal():
    goal = Untargeted(torch.tensor([0, 2]))

    assert torch.equal(loss(goal, OUTPUT), goal.loss(OUTPUT))
    assert excess(goal, OUTPUT).tolist() == [1, 1]
    # The first and the third logit are 4 and 1 apart, and 6 and 2.
    assert relative_excess(goal, OUTPUT).tolist() == pytest.approx([1 / 3, 1 / 4])


def test_the_soft_slope_has_the_value_of_the_excess_and_another_slope():
    goal, output = Targeted(torch.tensor([1, 1])), OUTPUT.clone().requires_grad_()

    value = soft_slope(goal, output)

    (slope,) = torch.autograd.grad(value.sum(), output)
    (soft,) = torch.autograd.grad(goal.soft_excess(output).sum(), output)
    assert value.tolist() == goal.excess(OUTPUT).tolist() == [3, 4]
    assert torch.equal(slope, soft)
    assert (slope[0, [0, 2, 3]] > 0).all()


def test_ways_are_the_other_classes_with_the_nearest_first():
    goal = Untargeted(torch.tensor([0, 2]))

    assert every_way(goal, OUTPUT).tolist() == [[1, 3, 4], [1, 4, 6]]
    assert along(1)(goal, OUTPUT).tolist() == [3, 4]
    assert every_way(Targeted(torch.tensor([1, 0])), OUTPUT).tolist() == [[3], [6]]
