import pytest
import torch

from sublimen.errors import SettingError
from sublimen.recognisers import DlibResnet, Verifier


def test_a_pair_matches_up_to_and_at_the_threshold():
    verifier = Verifier(threshold=0.5, false_match_rate=0.01, source="made up")
    references = torch.zeros(3, 2)
    probes = torch.tensor([[0.3, 0.4], [0.3, 0.41], [0.0, 0.0]])

    assert verifier.distance(references, probes).tolist() == pytest.approx(
        [0.5, 0.5080, 0], abs=1e-4
    )
    assert verifier.matches(references, probes).tolist() == [True, False, True]


def test_a_network_brings_its_own_threshold():
    verifier = Verifier.of(DlibResnet)

    assert verifier.threshold == 0.6
    assert verifier.false_match_rate == DlibResnet.false_match_rate
    assert "dlib-resnet" in verifier.source


def test_a_threshold_of_nothing_is_refused():
    with pytest.raises(SettingError, match="threshold must be above 0"):
        Verifier(threshold=0, false_match_rate=0.0, source="")
