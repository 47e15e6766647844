import pytest
import torch
from oracles import lattice

from sublimen.attacks.moves import PixelMoves, SampleMoves

GREY = torch.full((1, 1, 1, 4), 100 / 255)
EVEN = SampleMoves.of(GREY, torch.ones_like(GREY))


def levels(candidates):
    return ((candidates - GREY) * 255).round().flatten().tolist()


def test_the_steepest_samples_move_first_and_against_their_slope():
    slopes = torch.tensor([5.0, -4.0, 1.0, 0.0]).view(1, 1, 1, 4)

    assert levels(EVEN.along(slopes, torch.tensor([1.0]))) == [-1, 0, 0, 0]
    assert levels(EVEN.along(slopes, torch.tensor([1.5]))) == [-1, 1, 0, 0]


def test_a_second_level_costs_three_times_the_first():
    # |v| / (2 m - 1): 7 and 7/3 for the first sample, 2 for the second, so the first moves twice
    # before the second moves at all, at a length of 2; then at sqrt(5) the second.
    slopes = torch.tensor([7.0, 2.0, 0.0, 0.0]).view(1, 1, 1, 4)

    assert levels(EVEN.along(slopes, torch.tensor([2.01]))) == [-2, 0, 0, 0]
    assert levels(EVEN.along(slopes, torch.tensor([2.24]))) == [-2, -1, 0, 0]


def test_what_costs_less_moves_before_what_is_steeper():
    weights = torch.tensor([4.0, 1.0, 4.0, 4.0]).view(1, 1, 1, 4)
    slopes = torch.tensor([3.0, 1.0, 0.0, 0.0]).view(1, 1, 1, 4)
    cheap = SampleMoves.of(GREY, weights)

    # Costs relative to their mean 3.25: the second sample's move has the length sqrt(1 / 3.25).
    assert levels(cheap.along(slopes, torch.tensor([0.56]))) == [0, -1, 0, 0]


def test_no_change_of_the_same_length_goes_further_along_the_slopes(generator):
    images = torch.full((1, 1, 2, 2), 0.5)
    slopes = torch.randn(1, 1, 2, 2, generator=generator)
    moves = SampleMoves.of(images, torch.rand(1, 1, 2, 2, generator=generator) + 0.2)

    found = moves.along(slopes, torch.tensor([2.5]))

    reach = torch.cartesian_prod(*[torch.arange(-3, 4) / 255] * 4).view(-1, 1, 2, 2)
    every = (images * 255).round() / 255 + reach
    fits = SampleMoves(images.expand_as(every), moves.weights.expand_as(every)).length(every)
    gains = -(slopes * reach).flatten(1).sum(dim=1)
    gain = -(slopes * (found - (images * 255).round() / 255)).sum()
    assert moves.length(found) <= 2.5
    assert gain >= gains[fits <= moves.length(found) + 1e-6].max() - 1e-6


def test_it_stays_on_the_lattice_and_in_the_range():
    images = lattice(2, 3, 5, 5)
    slopes = torch.randn(2, 3, 5, 5, generator=torch.Generator().manual_seed(1))

    candidates = SampleMoves.of(images, torch.ones_like(images)).along(
        slopes, torch.tensor([3.0, 90.0])
    )

    assert torch.equal((candidates * 255).round() / 255, candidates)
    assert 0 <= candidates.min()
    assert candidates.max() <= 1


def test_a_unit_slope_falls_by_one_along_its_best_change():
    slopes = torch.tensor([3.0, 4.0, 0.0, 0.0]).view(1, 1, 1, 4)

    unit, steepness = EVEN.unit(slopes)

    assert unit.flatten().tolist() == pytest.approx([0.6, 0.8, 0, 0])
    assert steepness.item() == pytest.approx(5 / 255)


def test_no_slope_is_no_move():
    nothing, steepness = EVEN.unit(torch.zeros_like(GREY))

    assert not nothing.any()
    assert steepness.item() == 0
    assert levels(EVEN.along(nothing, torch.tensor([9.0]))) == [0, 0, 0, 0]


def metrics(generator, *shape):
    """Metrics of pixels whose channels are strongly coupled."""
    roots = torch.randn(*shape, 3, 3, generator=generator, dtype=torch.float64)
    return roots @ roots.mT + 0.1 * torch.eye(3)


def costs(metric, moves):
    """m' M m of each pixel."""
    return torch.einsum("nhwij,nihw,njhw->nhw", metric, moves.double(), moves.double())


def test_where_channels_are_not_coupled_pixels_move_as_samples_do(generator):
    images = lattice(2, 3, 6, 5)
    weights = torch.rand(2, 3, 6, 5, generator=generator) + 0.2
    slopes = torch.randn(2, 3, 6, 5, generator=generator)
    alone = SampleMoves.of(images, weights)
    together = PixelMoves.of(images, torch.diag_embed(weights.permute(0, 2, 3, 1)), least=1e-9)

    candidates = alone.along(slopes, torch.tensor([4.0, 30.0]))

    assert torch.equal(together.along(slopes, torch.tensor([4.0, 30.0])), candidates)
    torch.testing.assert_close(together.length(candidates), alone.length(candidates))
    for one, other in zip(together.unit(slopes), alone.unit(slopes), strict=True):
        torch.testing.assert_close(one, other)


def test_the_length_is_that_of_the_metric_whose_diagonal_has_a_mean_of_one(generator):
    images = torch.full((2, 3, 4, 4), 100 / 255)
    metric = metrics(generator, 2, 4, 4)
    moves = torch.randint(-3, 4, images.shape, generator=generator)
    scale = metric.diagonal(dim1=-2, dim2=-1).mean(dim=(1, 2, 3))

    length = PixelMoves.of(images, metric, least=1e-9).length(images + moves / 255)

    expected = (costs(metric, moves).sum(dim=(1, 2)) / scale).sqrt()
    torch.testing.assert_close(length.double(), expected, rtol=1e-5, atol=0)


def test_a_unit_slope_falls_by_one_along_the_best_change_of_the_metric(generator):
    images = torch.full((1, 3, 2, 2), 0.5)
    metric = metrics(generator, 1, 2, 2)
    moves = PixelMoves.of(images, metric, least=1e-9)
    slopes = torch.randn(images.shape, generator=generator)

    unit, fall = moves.unit(slopes)

    scaled = metric / metric.diagonal(dim1=-2, dim2=-1).mean()
    best = torch.einsum("nhwij,njhw->nihw", scaled.inverse(), unit.double())
    assert costs(scaled, best).sum().item() == pytest.approx(1, rel=1e-5)
    assert (unit * best).sum().item() == pytest.approx(1, rel=1e-5)
    torch.testing.assert_close(unit * fall * 255, slopes)


def test_each_channel_is_rounded_to_where_it_is_best_with_those_before(generator):
    images = torch.full((1, 3, 20, 20), 0.5)
    moves = PixelMoves.of(images, metrics(generator, 1, 20, 20), least=1e-9)
    way = tuple(5 * torch.randn(3, 1, 20, 20, generator=generator))

    found = moves._rounded(way, torch.ones(1))

    e0, e1, e2 = (whole - part for whole, part in zip(found, way, strict=True))
    r00, r11, r22, r01, r02, r12 = moves.factors
    assert ((r22 * e2).abs() <= r22 / 2 + 1e-4).all()
    assert ((r11 * e1 + r12 * e2).abs() <= r11 / 2 + 1e-4).all()
    assert ((r00 * e0 + r01 * e1 + r02 * e2).abs() <= r00 / 2 + 1e-4).all()


def test_a_pixel_moves_to_nearly_the_best_lattice_point(generator):
    images = torch.full((40, 3, 1, 1), 0.5)
    metric = metrics(generator, 40, 1, 1)
    slopes = torch.randn(images.shape, generator=generator)
    moves = PixelMoves.of(images, metric, least=1e-9)
    every = torch.cartesian_prod(*[torch.arange(-6, 7)] * 3).view(1, -1, 3)
    base = (images * 255).round()

    found = moves.along(slopes, torch.full((40,), 3.0)) * 255 - base

    assert (moves.length((base + found) / 255) <= 3 + 1e-5).all()
    flat, gain = metric[:, 0, 0], -(slopes * found).flatten(1).sum(dim=1)
    flat = flat / flat.diagonal(dim1=-2, dim2=-1).mean(dim=1).view(-1, 1, 1)
    lengths = torch.einsum("kij,lmi,lmj->km", flat, every.double(), every.double()).sqrt()
    gains = -(every * slopes.flatten(1)[:, None]).sum(dim=2)
    spent = costs(flat[:, None, None], found).flatten().sqrt()
    best = torch.where(lengths <= spent[:, None] + 1e-6, gains, -torch.inf).amax(dim=1)
    assert (gain > 0).float().mean() > 0.9
    assert (gain / best.clamp(min=1e-9)).clamp(0, 1).mean() > 0.9


def test_what_is_hardly_seen_counts_as_something():
    images = torch.full((1, 3, 1, 1), 100 / 255)
    metric = torch.diag(torch.tensor([0.0, 1.0, 1.0])).view(1, 1, 1, 3, 3)

    moves = PixelMoves.of(images, metric, least=0.25)

    step = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1) / 255
    assert moves.length(images + step).item() == pytest.approx((0.25 / 0.75) ** 0.5, rel=1e-5)


def test_pixels_stay_on_the_lattice_and_in_the_range(generator):
    images = lattice(2, 3, 5, 5)
    slopes = torch.randn(2, 3, 5, 5, generator=generator)
    moves = PixelMoves.of(images, metrics(generator, 2, 5, 5), least=1e-3)

    candidates = moves.along(slopes, torch.tensor([3.0, 900.0]))

    assert torch.equal((candidates * 255).round() / 255, candidates)
    assert 0 <= candidates.min()
    assert candidates.max() <= 1
    assert candidates[1].min() == 0


def test_some_pixel_moves_however_short_the_length(generator):
    images = lattice(3, 3, 6, 5)
    slopes = torch.randn(3, 3, 6, 5, generator=generator)
    moves = PixelMoves.of(images, metrics(generator, 3, 6, 5), least=1e-3)

    moved = (moves.along(slopes, torch.full((3,), 1e-6)) - images).abs().amax(dim=1) * 255

    assert moved.flatten(1).amax(dim=1).round().tolist() == [1, 1, 1]
    assert (moved.round() > 0).flatten(1).sum(dim=1).tolist() == [1, 1, 1]


def test_no_slope_moves_no_pixel(generator):
    images = lattice(1, 3, 4, 4)
    moves = PixelMoves.of(images, metrics(generator, 1, 4, 4), least=1e-3)

    nothing, fall = moves.unit(torch.zeros_like(images))

    assert not nothing.any()
    assert fall.item() == 0
    assert torch.equal(moves.along(nothing, torch.tensor([5.0])), images)
