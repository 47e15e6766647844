import torch

from sublimen.bench.scaled import scaled


def largest(one, other):
    """A reading that is the largest change in levels."""
    return (255 * (one - other)).abs().max().item()


def grey(level):
    return torch.full((1, 3, 4, 4), level / 255)


def test_a_change_is_enlarged_or_reduced_to_the_limit():
    images = torch.cat([grey(100), grey(100)])
    changed = torch.cat([grey(101), grey(160)])

    found = scaled(images, changed, 10.2, largest)

    assert (255 * (found - images)).round()[:, 0, 0, 0].tolist() == [10, 10]


def test_the_direction_is_kept():
    images = grey(100)
    changed = images.clone()
    changed[0, 0, 0, 0] -= 4 / 255
    changed[0, 1, 2, 2] += 2 / 255

    found = scaled(images, changed, 8.2, largest)

    moved = (255 * (found - images)).round()
    assert moved[0, 0, 0, 0] == -8
    assert moved[0, 1, 2, 2] == 4
    assert moved.count_nonzero() == 2


def test_what_did_not_change_and_what_is_always_seen_are_the_original():
    images = torch.cat([grey(50), grey(50)])
    changed = torch.cat([grey(50), grey(200)])

    found = scaled(images, changed, 0.5, largest)

    assert torch.equal(found, images)
