import numpy as np
import pytest

from sublimen.bench import frontier_unit as module
from sublimen.bench.frontier_people import subjects
from sublimen.bench.frontier_rows import EVERY
from sublimen.bench.frontier_unit import Bench
from sublimen.photo.panel import embedding
from sublimen.photo.region import resized_face
from sublimen.photo.uploads import UPLOADS
from tests.bench.made_people import NETWORKS, PLAN, Brighter, made, people
from tests.photo.tiny import FACE


@pytest.fixture
def bench(monkeypatch):
    observer = made(monkeypatch)
    monkeypatch.setattr(module, "Maker", Brighter)
    return Bench(plan=PLAN, rounds=PLAN.rounds, networks=NETWORKS, observer=observer)


@pytest.fixture
def subject(bench, tmp_path):
    del bench
    return next(subjects(people(tmp_path, count=1), count=1, others=2, seed=0))


def test_a_person_goes_through_all_arms_after_the_clean_photo(bench, subject):
    units = list(bench.units(subject, set()))

    assert [unit[0].key for unit in units] == [
        (0, "clean", 0.0, EVERY),
        (0, "sublimen", 1.0, "tiny > other"),
        (0, "flat", 1.0, "tiny > other"),
    ]
    for unit in units:
        assert [(row.version, row.recogniser) for row in unit] == [
            (version, name) for version in PLAN.versions for name in NETWORKS
        ]
        assert all(row.key == unit[0].key for row in unit)


def test_what_is_done_is_not_done_again(bench, subject):
    done = {(0, "clean", 0.0, EVERY), (0, "flat", 1.0, "tiny > other")}

    (unit,) = bench.units(subject, done)

    assert unit[0].arm == "sublimen"


def test_of_a_person_who_is_done_nothing_is_asked(bench, subject, monkeypatch):
    done = {unit[0].key for unit in bench.units(subject, set())}
    monkeypatch.setattr(module, "strangers", lambda *_, **__: pytest.fail("looked for"))

    assert not list(bench.units(subject, done))


def test_rows_say_what_the_recognisers_say_of_each_version(bench, subject):
    unit = list(bench.units(subject, set()))[2]

    row = next(row for row in unit if (row.recogniser, row.version) == ("other", "half"))
    levels, _ = Brighter(networks=()).make(PLAN.arms[1], subject, 1.0)
    small = UPLOADS["half"].make(levels)
    network = NETWORKS["other"]
    seen = embedding(network, small, resized_face(FACE, (240, 250), small.shape[:2]))
    known = [embedding(network, *other) for other in subject.others]
    distances = [(seen - one).norm().item() for one in known]
    assert row.distance == pytest.approx(np.mean(distances) / network.threshold, rel=1e-4)
    assert row.matches == "".join("01"[one <= network.threshold] for one in distances)
    assert row.role == "judge"
    assert row.found
    assert row.seconds == 2.5
    assert unit[0].role == "surrogate"


def test_rows_say_how_visible_the_file_is(bench, subject):
    clean, same, brighter = bench.units(subject, set())
    levels, _ = Brighter(networks=()).make(PLAN.arms[1], subject, 1.0)

    assert clean[0].jnd == same[0].jnd == 0
    assert clean[0].psnr == float("inf")
    assert clean[0].role == EVERY
    assert brighter[0].jnd == pytest.approx(
        bench.observer.limited(subject.levels, levels, [FACE]), rel=1e-6
    )
    mean = np.mean((subject.levels.astype(float) - levels) ** 2)
    assert brighter[0].psnr == pytest.approx(10 * np.log10(255**2 / mean), rel=1e-5)
    assert np.isnan(brighter[0].jnd_unseen)
