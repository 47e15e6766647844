import torch

from sublimen.attacks.bracket import Bracket


def test_it_grows_to_the_first_success_and_then_closes_in():
    # The least that succeeds is 5 for the first and 40 for the second.
    least = torch.tensor([5.0, 40.0])
    bracket = Bracket.of(torch.ones(2))
    tried = []

    for _ in range(7):
        tried.append(bracket.trial.tolist())
        bracket = bracket.after(bracket.trial >= least, growth=4)

    assert [one for one, _ in tried] == [1, 4, 16, 10, 7, 5.5, 4.75]
    assert [other for _, other in tried] == [1, 4, 16, 64, 40, 28, 34]
    assert bracket.failed.tolist() == [4.75, 34]
    assert bracket.reached.tolist() == [5.5, 40]
