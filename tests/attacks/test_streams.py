import torch
from oracles import lattice

from sublimen.attacks.streams import streams, uniform


def draw(images, seed=0):
    return uniform(images, streams(images, seed))


def test_an_image_draws_the_same_numbers_in_any_place_and_company():
    images = lattice(3, 3, 4, 4)

    together = draw(images)

    assert torch.equal(draw(images[[2, 0]]), together[[2, 0]])
    assert torch.equal(draw(images[[1]]), together[[1]])


def test_other_seeds_and_other_images_draw_other_numbers():
    images = lattice(2, 1, 4, 4)
    changed = images.clone()
    changed[0, 0, 0, 0] = (changed[0, 0, 0, 0] * 255 + 1) % 256 / 255

    assert not torch.equal(draw(images, seed=1), draw(images, seed=2))
    assert not torch.equal(draw(images)[0], draw(images)[1])
    assert not torch.equal(draw(changed)[0], draw(images)[0])
    assert torch.equal(draw(changed)[1], draw(images)[1])


def test_images_with_the_same_bytes_in_another_shape_draw_other_numbers():
    images = lattice(1, 1, 2, 8)

    assert not torch.equal(draw(images).flatten(), draw(images.view(1, 1, 4, 4)).flatten())


def test_the_global_random_state_is_neither_used_nor_changed():
    images = lattice(1, 3, 4, 4)
    torch.manual_seed(1)
    state = torch.get_rng_state()

    first = draw(images)

    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert torch.equal(draw(images), first)


def test_a_stream_goes_on():
    images = lattice(1, 1, 4, 4)
    generators = streams(images, 0)

    assert not torch.equal(uniform(images, generators), uniform(images, generators))


def test_numbers_are_even_over_minus_one_to_one():
    numbers = draw(torch.zeros(1, 1, 200, 200))

    assert -1 <= numbers.min() < -0.999
    assert 0.999 < numbers.max() < 1
    assert abs(numbers.mean().item()) < 0.01
    assert abs(numbers.square().mean().item() - 1 / 3) < 0.01
