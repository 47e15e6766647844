import math

import pytest
import torch
from oracles import TwoSidedPlane

from sublimen.attacks import Bim, Limits, Linf, Pgd, Recognition, Search, State, Untargeted
from sublimen.attacks.ledger import Ledger
from sublimen.errors import ModelError, SettingError

ONE = torch.ones(1, 1, 1)


def pixels(*levels):
    return torch.tensor(levels, dtype=torch.float32).view(-1, 1, 1, 1) / 255


def climb(*levels, offset=100.5):
    """Images below the offset, in levels, are of class 1 and want to be above."""
    plane = TwoSidedPlane(ONE, offset=offset / 255)
    return Recognition(plane, Untargeted(torch.ones(len(levels), dtype=torch.int64)))


def book(*levels, limits=None, watch=None):
    images = pixels(*levels)
    return Ledger(climb(*levels), images, seed=0, watch=watch, limits=limits or Limits())


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, monkeypatch):
        self.now = 50.0
        monkeypatch.setattr("sublimen.attacks.ledger.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.mark.parametrize("most", [0, 1, 4])
def test_no_image_costs_more_gradients_than_it_may(most):
    # 95 needs six steps of one level, 100 needs one.
    levels = (95, 100)
    outcome = Bim(budget=Linf(10 / 255), step_size=0.1)(
        climb(*levels), pixels(*levels), limits=Limits(gradients=most)
    )

    assert outcome.gradients.tolist() == [most, min(most, 1)]
    assert outcome.reached.tolist() == [False, most > 0]


def test_what_was_found_within_the_gradients_counts():
    # The second look, at 96, is paid for; so it is the best that is known.
    outcome = Bim(budget=Linf(10 / 255), step_size=0.1)(
        climb(95), pixels(95), limits=Limits(gradients=1)
    )

    assert (outcome.images * 255).round().item() == 96


def test_with_no_gradient_the_original_is_the_answer():
    for attack in (Bim(), Pgd(random_start=False)):
        outcome = attack(climb(60), pixels(60), limits=Limits(gradients=0))

        assert outcome.gradients.tolist() == [0]
        assert (outcome.images * 255).round().item() == 60
        assert not outcome.reached.any()


def test_no_round_begins_after_the_time(clock):
    rounds = []

    def slow(state):
        rounds.append(state.round)
        clock.now += 1.0

    outcome = Bim(budget=Linf(20 / 255), step_size=0.05)(
        climb(90), pixels(90), watch=slow, limits=Limits(seconds=2.5)
    )

    assert rounds == [0, 1, 2]
    assert outcome.gradients.tolist() == [3]
    assert (outcome.images * 255).round().item() == 93


def test_the_clock_starts_when_the_attack_does_and_not_before(clock):
    limits = Limits(seconds=5)
    clock.now += 60

    outcome = Bim()(climb(95), pixels(95), limits=limits)

    assert outcome.reached.all()


def test_a_running_clock_is_not_started_again(clock):
    running = Limits(seconds=5).begun()
    clock.now += 4

    assert running.until == 55
    assert running.begun() == running
    assert Limits(seconds=5, until=57).begun().until == 57
    assert Limits(gradients=3).begun() == Limits(gradients=3)


@pytest.mark.parametrize("settings", [{"gradients": -1}, {"seconds": 0}, {"seconds": math.nan}])
def test_limits_must_leave_something(settings):
    with pytest.raises(SettingError, match=next(iter(settings))):
        Limits(**settings)


def test_spent_are_those_that_cannot_pay_what_comes_next():
    ledger = book(1, 2, 3, limits=Limits(gradients=10))
    ledger.gradients += torch.tensor([0, 7, 10])

    assert ledger.spent().tolist() == [2]
    assert ledger.spent(3).tolist() == [2]
    assert ledger.spent(4).tolist() == [1, 2]
    assert book(1, 2).spent(10**9).tolist() == []


def test_the_state_is_a_copy_that_a_callback_may_keep():
    states = []
    ledger = book(90, 91, watch=states.append)

    for _ in ledger.rounds(2):
        ledger.note(ledger.rows, ledger.images, torch.tensor([5.0, 6.0]))
        ledger.reach(torch.tensor([1]), pixels(99))

    assert all(isinstance(state, State) for state in states)
    assert states[0].loss.isnan().all()
    assert states[1].loss.tolist() == [5.0, 6.0]
    assert [state.reached.tolist() for state in states] == [[False, False], [False, True]]


def test_the_lowest_loss_is_kept_and_of_equals_the_last():
    ledger = book(90)
    rows = torch.tensor([0])
    for level, loss in ((91, 3.0), (92, 1.0), (93, 1.0), (94, 2.0)):
        ledger.note(rows, pixels(level), torch.tensor([loss]))
    ledger.note_slopes(torch.ones(1, 1, 1, 1))

    assert (ledger.outcome().images * 255).round().item() == 93


def test_what_is_at_the_goal_is_not_replaced_by_a_lower_loss():
    ledger = book(90)
    ledger.reach(torch.tensor([0]), pixels(95))
    ledger.note(torch.tensor([0]), pixels(99), torch.tensor([-9.0]))

    assert (ledger.outcome().images * 255).round().item() == 95


def test_where_nothing_has_a_slope_the_clean_image_is_returned():
    # A step function has the slope 0 everywhere; a random start is no reason to publish noise.
    def steps(images):
        high = (images.flatten(1)[:, :1] > 0.9).float() + 0 * images.flatten(1)[:, :1]
        return torch.cat([1 - high, high], dim=1)

    images = torch.full((2, 1, 3, 3), 100 / 255)
    outcome = Pgd()(Recognition(steps, Untargeted(torch.tensor([0, 0]))), images)

    assert not outcome.reached.any()
    assert torch.equal(outcome.images, images)
    assert outcome.gradients.tolist() == [10, 10]


def test_nonsense_for_all_in_a_later_round_loses_nobody_who_was_there():
    ledger = book(90, 91)
    ledger.reach(torch.tensor([0]), pixels(95))
    for turn in ledger.rounds(2):
        if turn == 1:
            ledger.drop(ledger.rows, "outputs")

    outcome = ledger.outcome()
    assert outcome.reached.tolist() == [True, False]
    assert (outcome.images * 255).flatten().round().tolist() == [95, 91]
    assert not len(ledger.rows)


def test_nonsense_for_all_in_the_first_round_is_the_model():
    ledger = book(90, 91)

    for _ in ledger.rounds(1):
        with pytest.raises(ModelError, match="finite outputs, got NaN or infinity for every"):
            ledger.drop(ledger.rows, "outputs")


def test_what_another_search_moved_counts_as_having_a_slope():
    # Its failure is the best that is known, not the original.
    images = pixels(90)
    search = Search(climb(90), images)
    inner = Bim(budget=Linf(3 / 255), steps=2)(climb(90), images)

    search.absorb(inner, torch.tensor([0]), torch.zeros(1))
    search.finish(inner.images)

    assert not inner.reached.any()
    assert torch.equal(search.outcome().images, inner.images)
    assert search.outcome().gradients.tolist() == inner.gradients.tolist()


def test_the_share_of_the_time_that_has_gone_runs_from_0_to_1(clock):
    books = book(100, limits=Limits(seconds=8.0))

    shares = []
    for _ in range(3):
        shares.append(books.used)
        clock.now += 6.0

    assert shares == pytest.approx([0.0, 0.75, 1.0])
    assert book(100).used == 0


def test_somebody_who_asks_ends_the_rounds():
    asked = iter([False, False, True])

    rounds = list(book(100, limits=Limits(asked=lambda: next(asked))).rounds(9))

    assert rounds == [0, 1]
