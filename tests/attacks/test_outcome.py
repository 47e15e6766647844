import math

import numpy as np
import pytest
import torch
from oracles import lattice
from PIL import Image

from sublimen import whole_file
from sublimen.attacks.outcome import Outcome, joined
from sublimen.errors import OutputError, SettingError, UnknownNameError


def outcome(images, originals, *, reached=None, rounds=2):
    """An outcome in which each image's counts tell which it is."""
    batch = len(images)
    number = torch.arange(batch)
    return Outcome(
        images=images,
        reached=torch.ones(batch, dtype=torch.bool) if reached is None else reached,
        gradients=10 + number,
        forwards=20 + number,
        iterations=30 + number,
        trace=number.float().expand(rounds, -1).clone(),
        originals=originals,
    )


def fields(one):
    return (one.images, one.reached, one.gradients, one.forwards, one.iterations, one.originals)


def test_success_and_levels_are_other_names_for_what_was_published():
    images = lattice(2, 3, 4, 5)
    found = outcome(images, images, reached=torch.tensor([True, False]))

    assert torch.equal(found.success, found.reached)
    assert found.uint8.dtype == torch.uint8
    assert torch.equal(found.uint8.float() / 255, images)


def test_every_level_survives_the_way_to_bytes():
    # k times 1/255 times 255 is a little below k for 24 of them: truncation would lose a level.
    images = (torch.arange(256).double() * (1 / 255)).view(1, 1, 16, 16)

    assert outcome(images, images).uint8.flatten().tolist() == list(range(256))


def test_the_distance_is_euclidean_over_all_samples_of_an_image():
    originals = torch.full((2, 1, 2, 2), 100 / 255)
    images = originals.clone()
    images[1, 0, 0, 0] += 3 / 255
    images[1, 0, 1, 1] -= 4 / 255

    assert outcome(images, originals).distance.tolist() == pytest.approx([0, 5 / 255], abs=1e-7)


def test_only_what_was_at_the_goal_as_it_came_costs_nothing():
    # A random start can be at the goal at once: no gradient, and yet the image has changed.
    originals = torch.full((3, 1, 1, 1), 100 / 255)
    images = originals.clone()
    images[1] = 101 / 255
    found = Outcome(
        images=images,
        reached=torch.tensor([True, True, False]),
        gradients=torch.zeros(3, dtype=torch.int64),
        forwards=torch.ones(3, dtype=torch.int64),
        iterations=torch.zeros(3, dtype=torch.int64),
        trace=torch.zeros(0, 3),
        originals=originals,
    )

    assert found.at_no_cost.tolist() == [True, False, False]


def test_an_original_off_the_lattice_is_published_rounded_at_no_cost():
    found = outcome(torch.full((1, 1, 1, 1), 100 / 255), torch.full((1, 1, 1, 1), 100.3 / 255))

    assert found.at_no_cost.item()


def test_metrics_are_those_of_the_published_images_against_the_originals():
    originals = lattice(2, 3, 16, 16).clamp(1 / 255, 254 / 255)
    images = (originals * 255 + 1).round() / 255

    measured = outcome(images, originals).metrics(["psnr", "linf"])

    assert measured["psnr"].tolist() == pytest.approx([48.1308] * 2, abs=1e-3)
    assert measured["linf"].tolist() == pytest.approx([1.0] * 2, abs=1e-3)
    usual = outcome(images, originals).metrics()
    assert list(usual) == ["psnr", "ssim", "ciede2000_mean", "linf"]
    assert all(values.shape == (2,) for values in usual.values())
    with pytest.raises(UnknownNameError, match="no metric 'pnsr'; did you mean psnr"):
        outcome(images, originals).metrics(["pnsr"])


@pytest.mark.parametrize("channels", [1, 3])
def test_files_hold_the_published_levels_under_the_names_given(tmp_path, channels):
    images = lattice(2, channels, 5, 7)

    paths = outcome(images, images).save(tmp_path / "new" / "folder", ["first", "second"])

    assert [path.name for path in paths] == ["first.png", "second.png"]
    for path, image in zip(paths, images, strict=True):
        with Image.open(path) as written:
            assert written.mode == ("L" if channels == 1 else "RGB")
            levels = np.asarray(written).reshape(5, 7, channels).transpose(2, 0, 1)
        assert torch.equal(torch.from_numpy(levels.astype(np.float32)) / 255, image)
    assert sorted(path.name for path in paths[0].parent.iterdir()) == ["first.png", "second.png"]


@pytest.mark.parametrize("names", [["one"], ["same", "same"], ["a", "b", "c"]])
def test_there_must_be_one_name_for_each_image(tmp_path, names):
    images = lattice(2, 1, 3, 3)

    with pytest.raises(SettingError, match="one for each image and all different, 2, got"):
        outcome(images, images).save(tmp_path, names)


def test_a_file_that_is_there_is_never_written_over(tmp_path):
    images = lattice(2, 1, 3, 3)
    (tmp_path / "second.png").write_text("mine")

    with pytest.raises(OutputError, match=r"second\.png must not exist yet"):
        outcome(images, images).save(tmp_path, ["first", "second"])

    assert [path.name for path in tmp_path.iterdir()] == ["second.png"]
    assert (tmp_path / "second.png").read_text() == "mine"


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole_file.os, "fsync", full)
    images = lattice(1, 1, 3, 3)

    with pytest.raises(OutputError, match=r"one\.png must be writable, got: No space left"):
        outcome(images, images).save(tmp_path, ["one"])

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_reads_back_otherwise_is_refused(tmp_path, monkeypatch):
    images = lattice(1, 1, 3, 3)
    as_it_is = Image.Image.save

    def darker(self, file, kind):
        as_it_is(self.point(lambda level: level // 2), file, kind)

    monkeypatch.setattr(Image.Image, "save", darker)

    with pytest.raises(OutputError, match="must read back as it was written"):
        outcome(images, images).save(tmp_path, ["one"])

    assert list(tmp_path.iterdir()) == []


def test_some_images_keep_all_that_is_known_of_them():
    images = lattice(3, 1, 2, 2)
    found = outcome(images, images + 0).at(torch.tensor([2, 0]))

    assert torch.equal(found.images, images[[2, 0]])
    assert found.gradients.tolist() == [12, 10]
    assert found.forwards.tolist() == [22, 20]
    assert found.iterations.tolist() == [32, 30]
    assert found.trace.tolist() == [[2, 0], [2, 0]]


def test_joining_puts_the_parts_back_in_their_places():
    images = lattice(4, 1, 2, 2)
    whole = outcome(images, images.flip(0))
    parts = [torch.tensor([3, 1]), torch.tensor([0]), torch.tensor([2])]

    together = joined([(rows, whole.at(rows)) for rows in parts])

    assert all(map(torch.equal, fields(together), fields(whole)))
    assert torch.equal(together.trace, whole.trace)


def test_a_part_that_ended_sooner_has_nan_in_the_later_rounds():
    images = lattice(2, 1, 2, 2)
    short = outcome(images[:1], images[:1], rounds=1)
    long = outcome(images[1:], images[1:], rounds=3)

    trace = joined([(torch.tensor([1]), short), (torch.tensor([0]), long)]).trace

    expected = torch.tensor([[0.0, 0.0], [0.0, math.nan], [0.0, math.nan]])
    torch.testing.assert_close(trace, expected, equal_nan=True)
