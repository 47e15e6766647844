import numpy as np
import pytest
import torch
from PIL import Image

from sublimen.attacks import Bim, Linf, Recognition, Targeted, Untargeted
from sublimen.bench.craft import craft, goal_of, problem_of, publish, shares
from sublimen.bench.plan import Point
from sublimen.bench.subjects import Subjects
from sublimen.bench.survival import Survival
from sublimen.errors import OutputError
from tests.attacks.oracles import TwoSidedPlane, lattice


@pytest.fixture
def found():
    return Subjects(
        names=("one", "two"),
        images=lattice(2, 3, 8, 8),
        labels=torch.tensor([0, 1]),
        targets=torch.tensor([1, 0]),
    )


@pytest.fixture
def plane(found):
    plane = TwoSidedPlane(torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(1)))
    plane.offset = plane.side(found.images).mean().item()
    return plane


def test_goals_are_about_labels_or_targets_with_their_margin(found):
    away, towards = goal_of("untargeted", found, 2.0), goal_of("targeted", found)

    assert isinstance(away, Untargeted)
    assert (away.labels.tolist(), away.margin) == ([0, 1], 2.0)
    assert isinstance(towards, Targeted)
    assert (towards.targets.tolist(), towards.margin) == ([1, 0], 0.0)


def test_where_survival_is_fixed_the_attack_is_judged_after_jpeg(found, plane):
    goal = goal_of("untargeted", found)

    sturdy = problem_of(plane, goal, Point(fixed="survival", at=75))

    assert sturdy == Survival(plane, goal, 75)
    assert problem_of(plane, goal, Point()) == Recognition(plane, goal)


def test_what_is_crafted_is_what_the_attack_publishes(found, plane):
    problem = Recognition(plane, Untargeted(plane(found.images).argmax(dim=1)))
    attack = Bim(budget=Linf(8 / 255))

    crafted = craft(attack, problem, found.images, seed=3)

    outcome = attack(problem, found.images, seed=3)
    assert torch.equal(crafted.images, outcome.images)
    assert crafted.gradients == tuple(outcome.gradients.tolist())
    assert crafted.forwards == tuple(outcome.forwards.tolist())
    assert min(crafted.seconds) > 0


def test_where_visibility_is_fixed_every_change_is_scaled(found, plane):
    problem = Recognition(plane, Untargeted(plane(found.images).argmax(dim=1)))

    def largest(one, other):
        return (255 * (one - other)).abs().max().item()

    crafted = craft(Bim(), problem, found.images, seed=0, visibility=(20.4, largest))

    moved = 255 * (crafted.images - found.images).abs().flatten(1).amax(dim=1)
    assert moved.round().tolist() == [20, 20]


def test_time_goes_by_passes():
    found = shares(8.0, torch.tensor([1, 0, 4]), torch.tensor([1, 4, 0]))

    assert found == pytest.approx((1.6, 1.6, 4.8))


def test_files_hold_the_images_and_replace_what_is_there(tmp_path, found):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "one.png").write_bytes(b"half a file")

    files = publish(folder, found.names, found.images)

    assert [path.name for path in files] == ["one.png", "two.png"]
    for path, image in zip(files, found.images, strict=True):
        with Image.open(path) as picture:
            levels = np.array(picture).transpose(2, 0, 1)
        assert np.array_equal(levels, (image * 255).round().numpy())


def test_a_grey_image_is_written_in_grey(tmp_path):
    (path,) = publish(tmp_path, ["grey"], lattice(1, 1, 8, 8))

    with Image.open(path) as picture:
        assert picture.mode == "L"


def test_a_folder_that_cannot_be_made_is_said(tmp_path, found):
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="must be writable"):
        publish(tmp_path / "file", found.names, found.images)
