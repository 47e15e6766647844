import logging

import pytest
import torch
from oracles import TwoSidedPlane, lattice

from sublimen.attacks import Bim, Limits, Linf, Pgd, Recognition, Untargeted
from sublimen.attacks.halving import answers, halved
from sublimen.errors import ModelError

CPU = "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"
WINDOWS = "DefaultCPUAllocator: not enough memory: you tried to allocate 4096 bytes."
CUBLAS = "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"


class Small:
    """A plane on a machine that only has the memory for a few images at a time."""

    def __init__(self, weights, *, most, error):
        self.plane = TwoSidedPlane(weights)
        self.most = most
        self.error = error
        self.tried = []

    def __call__(self, images):
        self.tried.append(len(images))
        if len(images) > self.most:
            raise self.error
        return self.plane(images)


@pytest.fixture
def images():
    return lattice(5, 1, 4, 4)


def weights():
    return torch.randn(1, 4, 4, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory"), *map(RuntimeError, (CPU, WINDOWS, CUBLAS))],
)
def test_a_batch_too_large_for_the_memory_is_halved_and_this_is_said(images, error, caplog):
    plane = TwoSidedPlane(weights())
    labels = plane(images).argmax(dim=1)
    attack = Pgd(budget=Linf(8 / 255))
    small = Small(weights(), most=2, error=error)

    with caplog.at_level(logging.WARNING, logger="sublimen.attacks"):
        outcome = attack(Recognition(small, Untargeted(labels)), images, seed=4)

    whole = attack(Recognition(plane, Untargeted(labels)), images, seed=4)
    assert torch.equal(outcome.images, whole.images)
    assert torch.equal(outcome.reached, whole.reached)
    assert torch.equal(outcome.gradients, whole.gradients)
    assert torch.equal(outcome.forwards, whole.forwards)
    torch.testing.assert_close(outcome.trace, whole.trace, equal_nan=True)
    assert caplog.messages == [
        "out of memory with 5 images; trying 3 at a time",
        "out of memory with 3 images; trying 2 at a time",
    ]


def test_too_little_memory_for_one_image_is_an_error_with_a_remedy(images):
    small = Small(weights(), most=0, error=torch.OutOfMemoryError("CUDA out of memory"))
    problem = Recognition(small, Untargeted(torch.zeros(5, dtype=torch.int64)))

    with pytest.raises(ModelError, match="out of memory with 4 x 4 pixels; reduce the image"):
        Bim()(problem, images)

    assert small.tried == [5, 3, 2, 1]


def test_any_other_error_is_passed_on_at_once(images):
    small = Small(
        weights(), most=2, error=RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    )
    problem = Recognition(small, Untargeted(torch.zeros(5, dtype=torch.int64)))

    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        Bim()(problem, images)

    assert small.tried == [5]


def test_halves_keep_their_own_labels(images):
    seen = {}

    def attack(problem, some):
        if len(some) > 2:
            raise torch.OutOfMemoryError
        for image, label in zip(some, problem.goal.labels, strict=True):
            seen[label.item()] = image
        return Bim(steps=1)(problem, some)

    plane = TwoSidedPlane(weights())
    six = torch.cat([images, images[:1]])
    halved(attack, Recognition(lambda x: plane(x).repeat(1, 3), Untargeted(torch.arange(6))), six)

    assert sorted(seen) == [0, 1, 2, 3, 4, 5]
    assert all(torch.equal(seen[row], six[row]) for row in range(6))


def test_halves_share_the_time(images, monkeypatch):
    # Each look at the clock is a second later: the time is over within the first half.
    clock = iter(range(1000))
    monkeypatch.setattr("sublimen.attacks.ledger.monotonic", lambda: next(clock))
    small = Small(weights(), most=3, error=torch.OutOfMemoryError())
    small.plane.offset = -100.0
    problem = Recognition(small, Untargeted(torch.zeros(5, dtype=torch.int64)))

    outcome = Bim(steps=40)(problem, images, limits=Limits(seconds=4))

    assert outcome.iterations[0] > 0
    assert outcome.iterations[3:].tolist() == [0, 0]


def test_answers_are_those_of_the_whole_batch_without_a_graph(images):
    plane = TwoSidedPlane(weights())
    small = Small(weights(), most=2, error=torch.OutOfMemoryError())

    found = answers(small, images.requires_grad_())

    torch.testing.assert_close(found, plane(images).detach())
    assert not found.requires_grad
    assert small.tried == [5, 3, 2, 1, 2]
