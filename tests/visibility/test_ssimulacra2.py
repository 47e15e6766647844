import pytest

from sublimen.imaging.levels import from_bytes
from sublimen.metrics import ssimulacra2
from sublimen.visibility import Ssimulacra2


def test_it_is_the_score_without_the_programs_rounding(astronaut, generator):
    reference = from_bytes(astronaut[:256, 100:356])
    noise = reference.new_empty(reference.shape).uniform_(-0.02, 0.02, generator=generator)
    distorted = (reference + noise).clamp(0, 1)

    score = Ssimulacra2()(reference, distorted).item()

    program = ssimulacra2(reference, distorted).item()
    assert program < score < program + 0.5
    assert score == pytest.approx(program, abs=0.5)
