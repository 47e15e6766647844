import numpy as np
import pytest

from sublimen.bench.jnd_rows import LOUDNESS, SHARING, Factor, Row
from sublimen.bench.jnd_table import WORST, Noise, Ratio, interval, markdown, verdicts
from sublimen.visibility import METERS
from sublimen.visibility.calibration import NODES, calibration


def score(meter, jnd):
    """The score that reads so many JND, between the nodes by interpolation."""
    curve = calibration().curve(meter)
    return float(np.interp(jnd, (0, *NODES), (curve.perfect, *curve.scores)))


def rows(good, bad):
    """Noise in twenty pictures; shaped by one model it reads `good`, by the other `bad`."""
    generator = np.random.default_rng(0)
    found = []
    for number in range(20):
        for model, arrangement, jnd in (
            ("good", "shaped", good),
            ("good", "shuffled", 1.2),
            ("bad", "shaped", bad),
            ("bad", "shuffled", 1.2),
            ("wu-2017 code", "shaped", 0.8),
            ("wu-2017 code", "shuffled", 1.2),
            ("", "white", 1.5),
        ):
            for psnr in LOUDNESS:
                for sign in SHARING:
                    own = jnd * generator.uniform(0.95, 1.05)
                    scores = {meter: score(meter, own) for meter in METERS}
                    found.append(
                        Row(
                            picture=f"p{number}",
                            model=model,
                            arrangement=arrangement,
                            psnr=psnr,
                            sign=sign,
                            scores=scores,
                        )
                    )
    return found


@pytest.fixture(scope="module")
def noise():
    return Noise(rows(good=0.6, bad=1.2))


def test_a_ratio_is_the_geometric_mean_over_the_pictures(noise):
    ratio = noise.ratio("cvvdp", ("good", "shaped"), ("good", "shuffled"))

    assert ratio.middle == pytest.approx(0.5, rel=0.03)
    assert ratio.low < ratio.middle < ratio.high
    assert ratio.high - ratio.low < 0.05
    assert ratio.below


def test_an_interval_that_reaches_one_is_not_below_it():
    assert Ratio(0.8, 0.7, 0.99).below
    assert not Ratio(0.8, 0.6, 1.01).below


def test_the_interval_is_that_of_the_mean():
    logs = np.log(np.random.default_rng(3).lognormal(0.2, 0.3, 400))

    found = interval(logs)

    assert found.middle == pytest.approx(np.exp(logs.mean()))
    reach = 1.96 * logs.std() / np.sqrt(len(logs))
    assert np.log(found.high) - logs.mean() == pytest.approx(reach, rel=0.1)
    assert logs.mean() - np.log(found.low) == pytest.approx(reach, rel=0.1)
    assert str(interval(np.zeros(5))) == "1.00 [1.00, 1.00]"


def test_the_worst_optimised_meter_is_the_largest_of_three(noise):
    key = ("p0", "good", "shaped", LOUDNESS[0], "shared")

    three = [noise.jnd[m, *key] for m in METERS if METERS[m].role == "optimised"]
    assert noise.jnd[WORST, *key] == max(three)
    assert len(three) == 3


def test_a_model_passes_where_the_whole_interval_lies_below_one(noise):
    found = verdicts(noise)

    assert found["good"] == "5 of 5 | 5 of 5"
    assert found["bad"].startswith("0 of 5")


def test_one_condition_may_be_looked_at_alone(noise):
    ratio = noise.ratio(
        WORST, ("good", "shaped"), ("good", "shuffled"), psnr=[28.0], signs=["shared"]
    )

    assert ratio.middle == pytest.approx(0.5, rel=0.1)


def test_tables_have_a_line_for_each_model_and_say_what_they_hold(noise):
    factors = [
        Factor(picture=f"p{n}", model="good", jnd=4.0, factor=0.25, mean=6.0) for n in range(3)
    ]

    text = markdown(noise, factors, "Made today.\n")

    assert text.startswith("# JND models before the meters\n\nMade today.")
    assert "| good | 6.0 | 4.00 [4.00, 4.00] | 0.25 [0.25, 0.25] |" in text
    for section in ("factors", "shaped", "white", "rival", "conditions"):
        assert f"--8<-- [start:{section}] -->" in text
        assert f"--8<-- [end:{section}] -->" in text
    shaped = text.partition("[start:shaped]")[2].partition("[end:shaped]")[0]
    lines = [line for line in shaped.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| bad", "| good", "| wu-2017 code"]
    rival = text.partition("[start:rival]")[2].partition("[end:rival]")[0]
    assert "| wu-2017 code |" not in rival
    assert "| good | 0.75" in rival
