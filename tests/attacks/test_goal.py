import math

import pytest
import torch

from sublimen.attacks import Dodge, Goal, Impersonate, Targeted, Untargeted
from sublimen.errors import SettingError, SublimenError

LOGITS = torch.tensor([[0.0, math.log(3.0)], [0.0, math.log(3.0)]])  # probabilities 1/4 and 3/4


def test_the_untargeted_loss_is_the_log_probability_of_the_label():
    loss = Untargeted(torch.tensor([0, 1])).loss(LOGITS)

    assert loss.tolist() == pytest.approx([math.log(1 / 4), math.log(3 / 4)])


def test_the_targeted_loss_is_minus_the_log_probability_of_the_target():
    loss = Targeted(torch.tensor([0, 1])).loss(LOGITS)

    assert loss.tolist() == pytest.approx([math.log(4), math.log(4 / 3)])


def test_untargeted_is_reached_by_any_other_class_and_targeted_only_by_its_own():
    classes = torch.tensor([0, 1])

    assert Untargeted(classes).reached(LOGITS).tolist() == [True, False]
    assert Targeted(classes).reached(LOGITS).tolist() == [False, True]


def test_a_certain_model_still_has_a_slope():
    # p = 1 in float32, so that log(softmax) computed in two steps would have no slope left.
    logits = torch.tensor([[40.0, 0.0]], requires_grad=True)

    (slope,) = torch.autograd.grad(Untargeted(torch.tensor([0])).loss(logits).sum(), logits)

    assert slope.abs().max() > 0
    assert slope.isfinite().all()


REFERENCES = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
EMBEDDINGS = torch.tensor([[3.0, 4.0], [1.0, 1.5]])  # at distances 5 and 0.5


def test_dodge_and_impersonate_pull_in_opposite_directions():
    assert Dodge(REFERENCES, 0.6).loss(EMBEDDINGS).tolist() == [-25, -0.25]
    assert Impersonate(REFERENCES, 0.6).loss(EMBEDDINGS).tolist() == [25, 0.25]


@pytest.mark.parametrize(
    ("threshold", "margin", "dodged", "taken"),
    [
        (0.6, 0.0, [True, False], [False, True]),
        (0.5, 0.0, [True, False], [False, True]),
        (0.4, 0.0, [True, True], [False, False]),
        (0.4, 0.2, [True, False], [False, False]),
        (0.6, 0.2, [True, False], [False, False]),
        (5.0, 0.0, [False, False], [True, True]),
    ],
)
def test_a_match_is_a_distance_up_to_the_threshold(threshold, margin, dodged, taken):
    assert Dodge(REFERENCES, threshold, margin).reached(EMBEDDINGS).tolist() == dodged
    assert Impersonate(REFERENCES, threshold, margin).reached(EMBEDDINGS).tolist() == taken


def test_the_slope_of_a_distance_is_finite_where_the_distance_is_nothing():
    for goal in (Dodge(REFERENCES, 0.6), Impersonate(REFERENCES, 0.6)):
        embeddings = REFERENCES.clone().requires_grad_()

        (slope,) = torch.autograd.grad(goal.loss(embeddings).sum(), embeddings)

        assert torch.equal(slope, torch.zeros_like(slope))


def test_only_a_dodge_has_a_summit_and_it_is_at_its_reference():
    near = REFERENCES + torch.tensor([[0.0, 0.02], [0.0, 0.04]])

    assert Dodge(REFERENCES, 0.6).on_summit(near).tolist() == [True, False]
    assert not Impersonate(REFERENCES, 0.6).on_summit(REFERENCES).any()
    assert not Untargeted(torch.tensor([0, 1])).on_summit(LOGITS).any()


def test_a_part_of_a_goal_speaks_of_the_same_images():
    rows = torch.tensor([1])

    assert Untargeted(torch.tensor([4, 7])).at(rows).labels.tolist() == [7]
    assert Targeted(torch.tensor([4, 7])).at(rows).targets.tolist() == [7]
    for goal in (Dodge(REFERENCES, 0.6, 0.1), Impersonate(REFERENCES, 0.6, 0.1)):
        part = goal.at(rows)
        assert part.references.tolist() == [[1.0, 1.0]]
        assert (part.threshold, part.margin) == (0.6, 0.1)


@pytest.mark.parametrize("kind", [Dodge, Impersonate])
def test_one_reference_can_serve_all_images(kind):
    goal = kind(REFERENCES[:1], 0.6)

    goal.check(EMBEDDINGS)

    assert goal.at(torch.tensor([1])).references.tolist() == [[0.0, 0.0]]
    assert len(goal.loss(EMBEDDINGS)) == 2


SEVERAL = torch.tensor([[[0.0, 0.0], [3.0, 3.0]], [[1.0, 1.0], [1.0, 5.5]]])
"""Distances of the embeddings: 5 and 1, 0.5 and 4."""


def test_of_several_references_the_nearest_counts():
    dodge, impersonate = Dodge(SEVERAL, 0.8, 0.1), Impersonate(SEVERAL, 0.8, 0.1)

    assert dodge.loss(EMBEDDINGS).tolist() == [-1, -0.25]
    assert impersonate.loss(EMBEDDINGS).tolist() == [1, 0.25]
    assert dodge.reached(EMBEDDINGS).tolist() == [True, False]
    assert impersonate.reached(EMBEDDINGS).tolist() == [False, True]
    torch.testing.assert_close(dodge.excess(EMBEDDINGS), torch.tensor([-0.1, 0.4]))
    torch.testing.assert_close(impersonate.excess(EMBEDDINGS), torch.tensor([0.3, -0.2]))
    assert dodge.on_summit(SEVERAL[:, 1]).tolist() == [True, True]


def test_a_dodge_is_missed_once_for_each_reference_and_a_likeness_once():
    expected = torch.tensor([[-5.125, -0.125], [0.5, -3.875]])

    torch.testing.assert_close(Dodge(SEVERAL, 0.8, 0.1).misses(EMBEDDINGS), expected)
    assert Impersonate(SEVERAL, 0.8, 0.1).misses(EMBEDDINGS).shape == (2, 1)


@pytest.mark.parametrize("kind", [Dodge, Impersonate])
def test_several_references_follow_their_image_or_serve_all(kind):
    own, shared = kind(SEVERAL, 0.8), kind(SEVERAL[:1], 0.8)

    own.check(EMBEDDINGS)
    shared.check(EMBEDDINGS)

    assert torch.equal(own.at(torch.tensor([1])).references, SEVERAL[1:])
    assert torch.equal(shared.at(torch.tensor([1])).references, SEVERAL[:1])


def test_goals_that_name_whom_to_be_taken_for_say_so():
    assert [g.towards for g in (Untargeted, Targeted, Dodge, Impersonate)] == [0, 1, 0, 1]


def test_classes_may_be_short_integers():
    labels = torch.tensor([0, 1], dtype=torch.int32)

    assert torch.equal(Untargeted(labels).loss(LOGITS), Untargeted(labels.long()).loss(LOGITS))
    assert torch.equal(Targeted(labels).loss(LOGITS), Targeted(labels.long()).loss(LOGITS))


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Untargeted(torch.tensor([0, -1])), "labels must be at least 0, got -1"),
        (lambda: Targeted(torch.tensor([[0]])), "targets must be one whole number per image"),
        (lambda: Untargeted(torch.tensor([0.0])), "labels must be one whole number per image"),
        (lambda: Dodge(REFERENCES, 0.0), "threshold must be above 0"),
        (lambda: Dodge(REFERENCES, 0.6, -0.1), "margin must be at least 0"),
        (lambda: Dodge(REFERENCES[0], 0.6), "references must be finite embeddings"),
        (lambda: Dodge(REFERENCES / 0, 0.6), "references must be finite embeddings"),
        (lambda: Dodge(SEVERAL[:, :0], 0.6), "references must be finite embeddings, one row each"),
        (lambda: Impersonate(REFERENCES, 0.6, 0.6), r"margin must be in \[0, 0.6\), got 0.6"),
        (lambda: Impersonate(REFERENCES, -1.0), "threshold must be above 0"),
        (lambda: Impersonate(REFERENCES * math.nan, 0.6), "references must be finite"),
    ],
)
def test_what_cannot_be_meant_is_refused(make, message):
    with pytest.raises(SettingError, match=message) as caught:
        make()

    assert isinstance(caught.value, SublimenError)
    assert not str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        (Untargeted(torch.tensor([0])), "labels must be one per image, 2, got 1"),
        (Targeted(torch.tensor([0, 1, 0])), "targets must be one per image, 2, got 3"),
        (Targeted(torch.tensor([0, 2])), "targets must be below the number of classes, 2, got 2"),
        (Dodge(torch.zeros(2, 3), 0.6), "references must have 2 features and 1 or 2 rows"),
        (Impersonate(torch.zeros(3, 2), 0.6), "references must have 2 features and 1 or 2 rows"),
    ],
)
def test_a_goal_that_does_not_fit_the_model_is_refused(goal, message):
    with pytest.raises(SettingError, match=message):
        goal.check(LOGITS)


class Bright(Goal):
    """A goal that only has a loss."""

    def loss(self, output):
        return -output.sum(dim=1)

    def reached(self, output):
        return output.sum(dim=1) > 1

    def at(self, rows):
        del rows
        return self


def test_a_goal_may_leave_the_model_unchecked_and_have_no_summit():
    goal = Bright()
    goal.check(LOGITS)

    assert not goal.towards
    assert goal.on_summit(LOGITS).tolist() == [False, False]


def test_the_excess_is_the_lead_of_the_logit_that_has_to_fall():
    logits = torch.tensor([[3.0, 1.0, 2.5], [0.0, 4.0, 1.0]])

    assert Untargeted(torch.tensor([0, 0])).excess(logits).tolist() == [0.5, -4.0]
    assert Targeted(torch.tensor([1, 1])).excess(logits).tolist() == [2.0, -3.0]
    assert Dodge(REFERENCES, 0.6, 0.1).excess(EMBEDDINGS).tolist() == pytest.approx([-4.3, 0.2])
    assert Impersonate(REFERENCES, 0.6, 0.1).excess(EMBEDDINGS).tolist() == pytest.approx(
        [4.5, 0.0], abs=1e-6
    )


def test_the_soft_excess_of_a_target_has_the_slope_of_the_cross_entropy():
    logits = torch.tensor([[3.0, 1.0, 2.5]], requires_grad=True)
    goal = Targeted(torch.tensor([1]), 0.5)

    soft = goal.soft_excess(logits)

    slope, loss = (torch.autograd.grad(value, logits)[0] for value in (soft, goal.loss(logits)))
    assert soft.item() == pytest.approx(math.log(math.exp(3) + math.exp(2.5)) - 1 + 0.5)
    assert torch.allclose(slope / slope.norm(), loss / loss.norm())


def test_without_rivals_the_soft_excess_is_the_excess():
    goal = Impersonate(REFERENCES, 0.6, 0.1)

    assert torch.equal(goal.soft_excess(EMBEDDINGS), goal.excess(EMBEDDINGS))


def test_a_margin_asks_for_a_lead():
    logits = torch.tensor([[1.0, 2.0, 0.0]])

    for margin, there in ((0.0, True), (1.0, True), (1.5, False)):
        assert Untargeted(torch.tensor([0]), margin).reached(logits).item() is there
        assert Targeted(torch.tensor([1]), margin).reached(logits).item() is there
    assert Untargeted(torch.tensor([0]), 1.5).excess(logits).tolist() == [0.5]
    assert Untargeted(torch.tensor([0]), 1.5).at(torch.tensor([0])).margin == 1.5
    assert Targeted(torch.tensor([0]), 1.5).at(torch.tensor([0])).margin == 1.5


def test_the_scale_is_the_one_of_the_difference_of_logits_ratio():
    logits = torch.tensor([[5.0, 4.0, 2.0, 1.0, 0.0]])

    assert Untargeted(torch.tensor([0])).scale(logits).tolist() == [3.0]
    assert Targeted(torch.tensor([3])).scale(logits).tolist() == [3.5]
    assert Untargeted(torch.tensor([0])).scale(torch.ones(1, 3)).item() > 0
    assert Dodge(REFERENCES, 0.6).scale(EMBEDDINGS).tolist() == pytest.approx([0.6, 0.6])


def test_the_ways_out_are_the_other_classes_the_nearest_first():
    logits = torch.tensor([[3.0, 1.0, 2.5]])

    assert Untargeted(torch.tensor([0])).ways(logits).tolist() == [[0.5, 2.0]]
    assert Targeted(torch.tensor([1])).ways(logits).tolist() == [[2.0]]
    assert Untargeted(torch.tensor([0])).ways(torch.randn(1, 50)).shape == (1, 10)


def test_a_single_output_is_no_classifier():
    with pytest.raises(SettingError, match="needs a model with 2 of them or more, got 1 output"):
        Untargeted(torch.tensor([0])).check(torch.zeros(1, 1))


def test_a_goal_that_only_has_a_loss_says_so_to_those_that_need_more():
    with pytest.raises(SettingError, match="Bright has a loss but no `excess`"):
        Bright().excess(LOGITS)
