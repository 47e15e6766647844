import pytest
import torch
from oracles import Projection, TwoSidedPlane, lattice

from sublimen.attacks import (
    Bim,
    Ddn,
    Dodge,
    Impersonate,
    Joint,
    Linf,
    Problem,
    Recognition,
    Targeted,
    Untargeted,
)
from sublimen.attacks.joint import EveryGoal
from sublimen.attacks.look import excess
from sublimen.attacks.search import Search
from sublimen.errors import SettingError


@pytest.fixture
def images():
    return lattice(3, 3, 8, 8)


def plane(images, seed, ahead=3.0):
    found = TwoSidedPlane(torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(seed)))
    found.offset = found.side(images).min().item() - ahead
    return found


def away(model, images):
    return Recognition(model, Untargeted(model(images).argmax(dim=1)))


def face(images):
    model = Projection(torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(9)))
    return model, Recognition(model, Dodge(model(images), threshold=0.5))


@pytest.mark.parametrize("attack", [Bim(budget=Linf(4 / 255), steps=12), Ddn(steps=12)], ids=str)
def test_an_ensemble_of_one_is_the_problem_itself(images, attack):
    problem = away(plane(images, 0), images)

    alone = attack(problem, images)
    joint = attack(Joint.of([problem], images), images)

    assert torch.equal(joint.images, alone.images)
    assert torch.equal(joint.reached, alone.reached)
    assert torch.equal(joint.gradients, alone.gradients)
    assert torch.equal(joint.forwards, alone.forwards)
    torch.testing.assert_close(joint.trace, alone.trace, rtol=0, atol=0, equal_nan=True)


def test_looks_at_an_ensemble_of_one_are_those_at_the_problem(images):
    problem = away(plane(images, 0), images)
    near = images.new_ones(3)

    looks = [
        Search(asked, images).look(images * 0.5, near, excess)
        for asked in (problem, Joint.of([problem], images))
    ]

    for part in ("gradient", "value", "reached"):
        assert torch.equal(getattr(looks[0], part), getattr(looks[1], part))


def test_it_is_reached_only_where_both_planes_are_crossed(images):
    images = images[:1]
    first, second = plane(images, 0, ahead=0.5), plane(images, 1, ahead=1.0)
    joint = Joint.of([away(first, images), away(second, images)], images)

    outcome = Bim(budget=Linf(16 / 255))(joint, images)

    crossed = torch.stack([p.side(outcome.images) < 0 for p in (first, second)])
    assert crossed.all()
    assert outcome.reached.all()
    for problem, other in ((0, second), (1, first)):
        alone = Bim(budget=Linf(16 / 255))(joint.problems[problem], images)
        assert alone.reached.all()
        assert (other.side(alone.images) > 0).all()


def test_one_plane_alone_is_not_enough(images):
    first, second = plane(images, 0), plane(images, 1, ahead=1e4)
    joint = Joint.of([away(first, images), away(second, images)], images)

    outcome = Bim(budget=Linf(16 / 255), steps=20)(joint, images)

    assert (first.side(outcome.images) < 0).any()
    assert not outcome.reached.any()


def test_goals_of_classes_and_of_faces_mix(images):
    sides, (model, faces) = plane(images, 0, ahead=1.0), face(images)
    joint = Joint.of([away(sides, images), faces], images)

    outcome = Bim(budget=Linf(16 / 255))(joint, images)

    far = (model(outcome.images) - model(images)).norm(dim=1) > 0.5
    assert outcome.reached.any()
    assert torch.equal(outcome.reached, far & (sides.side(outcome.images) < 0))


def test_the_output_is_that_of_the_problems_side_by_side(images):
    sides, (model, faces) = plane(images, 0), face(images)

    joint = Joint.of([away(sides, images), faces], images)

    assert joint.goal.widths == (2, 4)
    assert torch.equal(joint.output(images), torch.cat([sides(images), model(images)], dim=1))


def test_the_widths_cost_a_forward_pass_of_one_image(images):
    sides = plane(images, 0)
    problem = away(sides, images)
    sides.shown.clear()

    Joint.of([problem], images)

    assert sides.shown == [1]


def test_the_loss_is_the_weighted_mean():
    output = torch.tensor([[0.0, 3.0, 1.0, 0.0], [2.0, 0.0, 0.0, 5.0]])
    goals = (Impersonate(torch.zeros(1, 2), 1.0), Impersonate(torch.zeros(1, 2), 2.0))

    joint = joined(goals, (2, 2), (3.0, 1.0))

    # Squared distances 9, 4 and 1, 25.
    assert joint.loss(output).tolist() == [(3 * 9 + 1) / 4, (3 * 4 + 25) / 4]


def test_the_excess_is_the_largest_and_the_scale_is_that_of_the_same_problem():
    output = torch.tensor([[0.0, 3.0, 1.0, 0.0], [0.5, 0.0, 0.0, 5.0], [0.5, 0.0, 1.0, 0.0]])
    goals = (Impersonate(torch.zeros(1, 2), 1.0), Impersonate(torch.zeros(1, 2), 2.0))

    joint = joined(goals, (2, 2), (1.0, 1.0))

    assert joint.excess(output).tolist() == [2.0, 3.0, -0.5]
    assert joint.soft_excess(output).tolist() == [2.0, 3.0, -0.5]
    assert joint.scale(output).tolist() == [1.0, 2.0, 1.0]
    assert joint.reached(output).tolist() == [False, False, True]


def joined(goals, widths, weights):
    from sublimen.attacks.joint import JointGoal

    return JointGoal(goals, widths, weights)


def test_it_is_on_a_summit_only_where_all_are(images):
    _, faces = face(images)
    joint = Joint.of([faces, faces], images)
    output = joint.output(images)

    output[1, 6] += 1
    output[2] += 1

    assert joint.goal.on_summit(output).tolist() == [True, False, False]


def test_two_dodges_of_the_photo_itself_leave_their_summit(images):
    _, faces = face(images)
    joint = Joint.of([faces, faces], images)

    assert Bim(budget=Linf(8 / 255))(joint, images).reached.all()


def test_some_rows_are_those_rows_of_every_problem(images):
    first = TwoSidedPlane(torch.ones(3, 8, 8))
    second = TwoSidedPlane(-torch.ones(3, 8, 8))
    labels = torch.tensor([0, 1, 0])
    joint = Joint.of(
        [Recognition(first, Untargeted(labels)), Recognition(second, Targeted(1 - labels))], images
    )

    part = joint.at(torch.tensor([2, 1]))

    assert part.goal.goals[0].labels.tolist() == [0, 1]
    assert part.goal.goals[1].targets.tolist() == [1, 0]
    assert part.goal.widths == (2, 2)


class Slow(Problem):
    """Not exact: what is published is not what is shown."""

    def __init__(self, inner):
        self.inner, self.goal = inner, inner.goal

    def output(self, images):
        return self.inner.output(images)

    def reached(self, images):
        return self.inner.reached(images)

    def at(self, rows):
        return Slow(self.inner.at(rows))


def test_it_is_exact_if_all_are_and_named_if_any_is(images):
    problem = away(plane(images, 0), images)
    named = Recognition(plane(images, 1), Targeted(torch.tensor([0, 1, 1])))

    plain, mixed = Joint.of([problem, problem], images), Joint.of([problem, Slow(named)], images)

    assert (plain.exact, plain.goal.towards) == (True, False)
    assert (mixed.exact, mixed.goal.towards) == (False, True)
    assert mixed.at(torch.tensor([0])).exact is False


def test_several_goals_of_one_output_are_all_to_be_reached():
    away, towards = Dodge(torch.zeros(1, 2), 4.0), Impersonate(torch.tensor([[6.0, 8.0]]), 7.0)
    goal = EveryGoal((away, towards))
    output = torch.tensor([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0], [-3.0, -4.0]])

    goal.check(output)

    assert goal.towards
    assert goal.reached(output).tolist() == [False, True, True, False]
    assert goal.loss(output).tolist() == [50, 0, -50, (225 - 25) / 2]
    assert goal.excess(output).tolist() == [4, -1, -6, 8]
    assert goal.scale(output).tolist() == [4, 4, 4, 7]
    assert goal.misses(output)[1].tolist() == [-0.25, pytest.approx(-2 / 7)]
    assert goal.on_summit(output).tolist() == [False] * 4


def test_some_rows_of_several_goals_are_those_rows_of_each():
    references = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    goal = EveryGoal((Dodge(references, 1.0), Impersonate(references, 2.0)))

    part = goal.at(torch.tensor([1]))

    assert [one.references.tolist() for one in part.goals] == [[[2.0, 3.0]]] * 2


def test_no_goal_at_all_is_refused():
    with pytest.raises(SettingError, match="goals must be at least one, got none"):
        EveryGoal(())


def test_a_part_that_does_not_fit_is_refused():
    with pytest.raises(SettingError, match="references must have 3 features"):
        EveryGoal((Dodge(torch.zeros(1, 2), 1.0),)).check(torch.zeros(1, 3))


def test_an_output_of_another_width_is_refused():
    goal = joined((Untargeted(torch.tensor([0])),), (2,), (1.0,))

    with pytest.raises(SettingError, match="add up to the number of outputs, 3, got 2"):
        goal.check(torch.zeros(1, 3))


def test_a_label_that_is_no_class_of_its_own_model_is_refused(images):
    problem = Recognition(plane(images, 0), Untargeted(torch.tensor([0, 2, 0])))

    with pytest.raises(SettingError, match="number of classes, 2"):
        Bim()(Joint.of([face(images)[1], problem], images), images)


@pytest.mark.parametrize(
    ("count", "weights"), [(0, None), (1, [1.0, 1.0]), (1, [0.0])], ids=["none", "two", "zero"]
)
def test_it_refuses_weights_that_do_not_fit(images, count, weights):
    problems = [away(plane(images, 0), images)] * count

    with pytest.raises(SettingError):
        Joint.of(problems, images, weights)


def test_each_part_of_a_joint_goal_is_missed_by_its_own_measure():
    goals = (Dodge(torch.zeros(1, 1), threshold=2.0), Dodge(torch.zeros(1, 2), threshold=10.0))
    goal = joined(goals, (1, 2), (1.0, 1.0))

    misses = goal.misses(torch.tensor([[1.0, 3.0, 4.0], [4.0, 0.0, 10.0]]))

    assert torch.allclose(misses, torch.tensor([[0.5, 0.5], [-1.0, 0.0]]))
