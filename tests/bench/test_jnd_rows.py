import numpy as np
import pytest
import torch

from sublimen.bench import jnd_rows as module
from sublimen.bench.jnd_rows import (
    ARRANGEMENTS,
    LOUDNESS,
    SHARING,
    forms,
    measure_factors,
    measure_noise,
    models,
    pictures,
    read_factors,
)
from sublimen.bench.windows import Window
from sublimen.cli.train_hvs_sd import HELD_OUT
from sublimen.errors import PhotoError
from sublimen.imaging.levels import from_bytes
from sublimen.jnd import JND_MODELS, ChouLi, HvsSd
from sublimen.training.pictures import Pictures
from sublimen.visibility import Flip, Ssimulacra2

FEW = {"flip": Flip, "ssimulacra2": Ssimulacra2}


@pytest.fixture
def windows(astronaut):
    return [Window("portrait", "scene", astronaut[:256, :256])]


@pytest.fixture
def few(monkeypatch):
    """Two meters and one model, so that a test takes seconds."""
    monkeypatch.setattr(module, "METERS", FEW)
    monkeypatch.setattr(module, "COLUMNS", (*module.COLUMNS[:5], *FEW))
    monkeypatch.setattr(module, "models", lambda: {"chou-li": ChouLi()})
    monkeypatch.setattr(module, "forms", lambda _: {"chou-li": ChouLi()})


def test_every_model_takes_part_in_every_variant_but_the_one_without_weights():
    found = models()

    assert {model.name for model in found.values()} == set(JND_MODELS) - {"resjnd"}
    assert {"yang paper", "yang ntu", "wu-2017 code", "wu-2017 paper", "chou-li"} <= set(found)
    others = {"wu-2017 edges free", "hvs-sd one plane", "hvs-sd untrained"}
    assert others == set(forms("a picture")) - set(found)


def test_free_edges_leave_the_pattern_on_edges(windows):
    image = from_bytes(windows[0].levels)

    free, protected = (forms("a")[name](image) for name in ("wu-2017 edges free", "wu-2017 code"))

    assert (free >= protected).all()
    assert (free > protected).any()


@pytest.mark.usefixtures("few")
def test_rows_hold_every_arrangement_loudness_and_sign(windows, tmp_path):
    rows = measure_noise(windows, tmp_path / "noise.csv")

    cases = {(row.model, row.arrangement, row.psnr, row.sign) for row in rows}
    assert len(rows) == len(cases) == 3 * 2 * 2
    assert {case[1] for case in cases} == set(ARRANGEMENTS)
    assert {case[2] for case in cases} == set(LOUDNESS)
    assert {case[3] for case in cases} == set(SHARING)
    assert {case[0] for case in cases if case[1] == "white"} == {""}
    for row in rows:
        louder = [r for r in rows if (r.arrangement, r.sign) == (row.arrangement, row.sign)]
        scores = [r.scores["flip"] for r in sorted(louder, key=lambda r: r.psnr)]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.usefixtures("few")
def test_a_killed_run_comes_to_the_same_rows(windows, tmp_path):
    whole = measure_noise(windows, tmp_path / "whole.csv")
    begun = (tmp_path / "whole.csv").read_text().splitlines()[:5]
    (tmp_path / "broken.csv").write_text("\n".join(begun) + "\n")
    said = []

    resumed = measure_noise(windows, tmp_path / "broken.csv", watch=said.append)

    assert resumed == whole
    assert said == ["portrait, chou-li"]


@pytest.mark.usefixtures("few")
def test_factors_say_how_many_jnd_a_map_is(windows, tmp_path):
    path = tmp_path / "factors.csv"
    said = []

    (row,) = measure_factors(windows, path, watch=said.append)
    again = measure_factors(windows, path, watch=said.append)

    image = from_bytes(windows[0].levels)
    jnd = ChouLi()(image)
    assert row.mean == pytest.approx(jnd.mean().item() * 255, rel=1e-4)
    assert module.reading(image, jnd * row.factor) == pytest.approx(1, rel=0.03)
    assert module.reading(image, jnd) == pytest.approx(row.jnd, rel=1e-4)
    assert again == [row] == read_factors(path)
    assert said == ["portrait, chou-li, factor"]


def test_another_table_is_refused(tmp_path):
    (tmp_path / "noise.csv").write_text("something,else\n")

    with pytest.raises(PhotoError, match="must have the columns picture, model"):
        measure_noise([], tmp_path / "noise.csv")


def test_the_24_pictures_are_those_that_nothing_was_learned_from(data):
    found = pictures(data)
    folders = [data / "kodak", data / "imagenet" / "nips17"]
    learned = Pictures.of(folders, HELD_OUT, 176)

    assert len(found) == 24
    assert {window.levels.shape for window in found} == {(256, 256, 3)}
    names = {window.name.rpartition("-")[0] for window in found}
    assert len(names) == 24
    assert not names & {name.partition(".")[0] for name in learned.names}
    assert len(learned.names) == 93
    other = pictures(data)
    assert all(np.array_equal(a.levels, b.levels) for a, b in zip(found, other, strict=True))


def test_the_noise_of_a_picture_is_the_same_for_every_model():
    one, same, other = (
        torch.rand(3, generator=module._seeded(name)).tolist() for name in ("a", "a", "b")
    )

    assert one == same != other


def test_every_picture_has_an_untrained_network_of_its_own(windows):
    image = from_bytes(windows[0].levels)[..., :64, :64]

    one, same, other = (forms(name)["hvs-sd untrained"](image) for name in ("a", "a", "b"))

    assert torch.equal(one, same)
    assert not torch.allclose(one, other, rtol=0.1)


def test_one_plane_is_the_mean_over_the_channels(windows):
    image = from_bytes(windows[0].levels)[..., :64, :64]

    plane = forms("a")["hvs-sd one plane"](image)

    assert torch.equal(plane[:, 0], plane[:, 2])
    assert torch.allclose(plane[:, 0], HvsSd()(image).mean(dim=1))
