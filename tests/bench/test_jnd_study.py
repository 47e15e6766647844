from pathlib import Path

import pytest
from PIL import Image

from sublimen.bench import jnd_study as module
from sublimen.bench.jnd_rows import Factor, forms, models, read_factors, read_noise
from sublimen.bench.jnd_study import FILES, run
from sublimen.bench.jnd_table import Noise, markdown
from sublimen.jnd.hvs_sd import SHA256
from sublimen.visibility import METERS
from tests.bench.test_jnd_table import rows

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"


@pytest.fixture(autouse=True)
def nothing_left_to_measure(monkeypatch):
    factor = Factor(picture="p0", model="good", jnd=4.0, factor=0.25, mean=6.0)
    monkeypatch.setattr(module, "pictures", lambda _data: [])
    monkeypatch.setattr(module, "measure_noise", lambda *_, **__: rows(0.6, 1.2))
    monkeypatch.setattr(module, "measure_factors", lambda *_, **__: [factor])
    for meter in module.METERS.values():
        monkeypatch.setattr(meter, "check", lambda _self: None)


def test_rows_become_tables_and_a_figure(tmp_path):
    noise = run(tmp_path, tmp_path / "out", watch=print)

    assert noise.models == ["bad", "good", "wu-2017 code"]
    text = (tmp_path / "out" / FILES[2]).read_text("utf-8")
    assert "by `sublimen bench jnd`: 20 pictures" in text
    assert "cvvdp" in text
    with Image.open(tmp_path / "out" / FILES[3]) as picture:
        assert picture.width == 1320
        assert len(picture.convert("RGB").getcolors(10**6)) > 20


@pytest.fixture(scope="module")
def committed():
    return Noise(read_noise(RESULTS / "jnd" / FILES[0]))


def test_the_committed_tables_are_those_of_the_committed_rows(committed):
    factors = read_factors(RESULTS / "jnd" / FILES[1])
    written = (RESULTS / "jnd" / FILES[2]).read_text("utf-8")

    made = markdown(committed, factors, "")

    start = "<!-- --8<-- [start:factors] -->"
    assert made.partition(start)[2] == written.partition(start)[2]


def test_the_committed_rows_hold_every_model_in_24_pictures(committed):
    assert len(committed.pictures) == 24
    assert set(committed.models) == set(forms("any"))
    assert {f.model for f in read_factors(RESULTS / "jnd" / FILES[1])} == set(models())


def test_what_the_guide_says_of_the_learned_model_is_what_the_rows_say(committed):
    learned, plane = ("hvs-sd", "shaped"), ("hvs-sd one plane", "shaped")
    rival, chance = ("wu-2017 code", "shaped"), ("hvs-sd untrained", "shaped")

    for meter in METERS:
        assert committed.ratio(meter, learned, ("hvs-sd", "shuffled")).below
        assert committed.ratio(meter, learned, rival).below
        assert committed.ratio(meter, learned, chance).below
        assert committed.ratio(meter, plane, ("hvs-sd one plane", "shuffled")).below
        assert committed.ratio(meter, plane, rival).below == (meter != "flip")


def test_the_card_is_that_of_the_shipped_weights():
    card = (RESULTS / "hvs-sd" / "card.md").read_text("utf-8")

    assert SHA256 in card
