from dataclasses import FrozenInstanceError

import pytest
import torch

from sublimen.recognisers import Recogniser


def test_a_callable_is_enough():
    recogniser = Recogniser(name="mean", model=lambda x: x.mean(dim=(2, 3)), answers="classes")

    assert recogniser.model(torch.full((1, 3, 2, 2), 0.5)).tolist() == [[0.5] * 3]
    assert (recogniser.labels, recogniser.side, recogniser.threshold) == ((), None, None)
    with pytest.raises(FrozenInstanceError):
        recogniser.name = "another"
