import pytest
import torch
from oracles import Ramp, TwoSidedPlane, lattice

from sublimen.attacks import Ddn, Lattice, Recognition, Targeted, Untargeted
from sublimen.attacks.distances import ColourDifference, Euclidean, JndWeighted
from sublimen.attacks.lattice import Reach, annealed_share
from sublimen.errors import SettingError


def plane_at(images, distance):
    """A plane that lies so far from each image, in levels, with slopes of many sizes."""
    weights = torch.randn(images.shape[1:], generator=torch.Generator().manual_seed(4)) ** 3
    plane = TwoSidedPlane(weights)
    plane.offset = plane.side(images) - distance / 255 * weights.norm()
    return plane


def fewest(weights, gap):
    """Square of the length of the fewest moves, in levels, that cross a gap by their slopes."""
    slopes = weights.abs().flatten() / 255
    costs = torch.arange(1, 2 * 40, 2)
    ratios = (slopes[:, None] / costs).flatten()
    order = ratios.argsort(descending=True)
    gains = slopes[:, None].expand(-1, len(costs)).flatten()[order].cumsum(0)
    number = int((gains < gap).sum()) + 1
    return costs.expand(len(slopes), -1).flatten()[order][:number].sum().item()


def test_on_a_plane_it_finds_the_shortest_change_on_the_lattice():
    images = lattice(1, 3, 10, 10).clamp(0.3, 0.7).mul(255).round() / 255
    plane = plane_at(images, 12.0)
    best = fewest(plane.weights, 12 / 255 * plane.weights.norm().item())

    outcome = Lattice(probes=8)(Recognition(plane, Untargeted(torch.tensor([0]))), images)

    assert outcome.reached.all()
    square = ((outcome.images - images) * 255).round().square().sum().item()
    assert best <= square <= 1.02 * best


def test_one_gradient_and_twelve_forward_passes_are_enough_on_a_plane():
    images = lattice(3, 3, 10, 10).clamp(0.3, 0.7).mul(255).round() / 255
    problem = Recognition(plane_at(images, 9.0), Untargeted(torch.zeros(3, dtype=torch.int64)))

    outcome = Lattice(steps=1, probes=12)(problem, images)

    assert outcome.reached.all()
    assert outcome.gradients.tolist() == [1, 1, 1]
    assert (outcome.forwards <= 13).all()
    assert ((outcome.distance * 255) < 1.1 * 9.0 + 1).all()


class Bowl(torch.nn.Module):
    """Two classes parted by a curved border."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(8)
        self.register_buffer("first", torch.randn(3 * 8 * 8, 12, generator=generator))
        self.register_buffer("second", torch.randn(12, 3, generator=generator))

    def forward(self, images):
        return torch.tanh((images - 0.5).flatten(1) @ self.first / 4) @ self.second


@pytest.mark.parametrize("targeted", [False, True])
def test_behind_a_curved_border_it_is_no_farther_than_ddn_with_twice_the_gradients(targeted):
    images, model = lattice(6, 3, 8, 8).clamp(0.2, 0.8).mul(255).round() / 255, Bowl()
    labels = model(images).argmax(dim=1)
    goal = Targeted((labels + 1) % 3) if targeted else Untargeted(labels)

    ours = Lattice(steps=40)(Recognition(model, goal), images)
    theirs = Ddn(steps=80)(Recognition(model, goal), images)

    assert ours.reached.all()
    assert ours.distance.mean() <= 1.02 * theirs.distance[theirs.reached].mean()


def test_a_distance_is_smaller_when_it_is_what_counts():
    images, model = lattice(4, 3, 8, 8).clamp(0.2, 0.8).mul(255).round() / 255, Bowl()
    problem = Recognition(model, Untargeted(model(images).argmax(dim=1)))
    rows = torch.arange(4)
    plain = Lattice()(problem, images)

    for distance in (ColourDifference(), JndWeighted(jnd=Ramp())):
        other = Lattice(distance=distance)(problem, images)
        far = distance.to(images)
        assert other.reached.all()
        assert far(other.images, rows).mean() < far(plain.images, rows).mean()
        assert (plain.distance <= other.distance * 1.05).all()


def test_an_image_stops_when_nothing_shorter_is_found():
    images = lattice(1, 3, 10, 10).clamp(0.3, 0.7).mul(255).round() / 255
    problem = Recognition(plane_at(images, 6.0), Untargeted(torch.tensor([0])))

    outcome = Lattice(steps=500, patience=3)(problem, images)

    assert outcome.gradients.item() < 40


def test_before_the_goal_the_length_comes_from_outside_and_after_it_from_the_chord():
    start = torch.tensor([4.0])
    reach = Reach.of(start).turned(torch.tensor([10.0]))

    missed = reach.after(torch.tensor([10.0]), torch.tensor([1.0]), torch.tensor([False]))
    there = missed.after(torch.tensor([14.0]), torch.tensor([-0.2]), torch.tensor([True]))
    far = missed.after(torch.tensor([14.0]), torch.tensor([-1.0]), torch.tensor([True]))

    # Chord: 4 / (4 - 1) of 10, and 5 % more; then 4 / (4 + 0.2) of 14, and 2 % less; 4 / (4 + 1)
    # is more than a tenth less.
    assert missed.trial.item() == pytest.approx(14.0)
    assert not missed.there.any()
    assert there.trial.item() == pytest.approx(14.0 / 1.05 * 0.98)
    assert far.trial.item() == pytest.approx(14.0 * 0.9)
    assert there.turned(torch.tensor([99.0])).trial.item() == there.trial.item()
    assert there.shortest.item() == 14.0


def test_the_share_of_a_new_slope_falls_from_the_goal_to_the_last_round():
    shares = annealed_share(torch.tensor([0.0, 4.0, 9.0, 7.0]), 5)

    # Half a cosine from 0.6 to 0.02 over 5, 9, 14 and 12 gradients; after 1, 5, 10 and 8 of them.
    ways = torch.tensor([1 / 5, 5 / 9, 10 / 14, 8 / 12])
    assert torch.allclose(shares, 0.02 + 0.29 * (1 + torch.cos(torch.pi * ways)))
    assert annealed_share(torch.tensor([3.0]), 1).item() == pytest.approx(0.02)


class Rivals(torch.nn.Module):
    """Two rivals of a target, each of which falls where the other rises."""

    def forward(self, images):
        first, second, third = (image.flatten(1).sum(dim=1) for image in images.unbind(dim=1))
        return torch.stack([20 * first + 0.1, 20 * second, third], dim=1)


def test_the_first_step_towards_a_target_leaves_behind_all_of_its_rivals():
    images = torch.full((1, 3, 4, 4), 128 / 255)
    problem = Recognition(Rivals(), Targeted(torch.tensor([2])))

    outcome = Lattice(steps=1, probes=0)(problem, images)

    moves = ((outcome.images - images) * 255).round().sum(dim=(2, 3))[0]
    assert moves[0] < 0
    assert moves[1] < 0


def test_a_length_is_never_tried_twice_along_one_slope():
    start = torch.tensor([4.0])
    reach = Reach.of(start).turned(torch.tensor([10.0]))

    there = reach.after(torch.tensor([11.0]), torch.tensor([-0.1]), torch.tensor([True]))
    missed = there.after(torch.tensor([10.5]), torch.tensor([0.2]), torch.tensor([False]))

    assert 10.5 < missed.trial.item() < 11.0


@pytest.mark.parametrize("settings", [{"steps": 0}, {"probes": -1}, {"patience": 0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} must be at least"):
        Lattice(**settings)


def test_it_is_minimal_in_the_euclidean_distance_by_default():
    assert Lattice().distance == Euclidean()
