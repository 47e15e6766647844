import csv
import hashlib

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from sublimen.errors import OutputError
from sublimen.imaging.levels import from_bytes
from sublimen.jnd import HvsSd
from sublimen.jnd.map_network import untrained
from sublimen.training.card import CARD, CURVES, MEASURED, unit, write
from sublimen.training.hvs_sd import Training
from sublimen.visibility.calibrated import reading


@pytest.fixture
def training(short, pictures, tmp_path):
    run = Training(short, pictures, tmp_path)
    run.run()
    return run


def test_weights_can_be_used_as_they_are_written(training, pictures):
    path = write(training, (0.1234567, [0.1, 0.1234567, 0.2]), "sublimen train hvs-sd")

    image = from_bytes(pictures.pictures[0][:64, :64])
    found = HvsSd(weights=path)(image)
    expected = training.stages.requires_grad_(requires_grad=False)(image)
    assert torch.allclose(found, expected, rtol=0.02, atol=1e-4)
    assert load_file(path)["unit"].item() == pytest.approx(0.1234567, rel=1e-6)
    assert path.stat().st_size < 8 * 2**20


def test_the_card_says_how_to_make_them_again(training):
    path = write(training, (0.125, [0.1, 0.125, 0.2]), "sublimen train hvs-sd --images photos")

    text = (training.folder / CARD).read_text("utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    words = ["ours, not the authors'", "--images photos", digest, "one.png, two.png", "torch "]
    words += ["| seed | 0 |", "| map steps | 2 |", "| weight of quality | 1 |", "0.1250"]
    for word in words:
        assert word in text, word
    assert "| autoencoder, up to step | bits | error |" in text
    assert "| map, up to step | magnitude | perception | attention | quality |" in text


def test_every_loss_of_every_step_is_kept(training):
    write(training, (0.125, [0.125]), "")

    with (training.folder / CURVES).open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 3 * 2 + 2 * 4
    first = training.curves["autoencoder"][0]
    assert [float(line["value"]) for line in lines[:2]] == pytest.approx(first, rel=1e-4)


def test_the_same_run_writes_the_same_file(training):
    contents = {write(training, (0.125, [0.125]), "").read_bytes() for _ in range(2)}

    assert len(contents) == 1


def test_the_plan_goes_with_the_weights(training):
    path = write(training, (0.125, [0.125]), "")

    with safe_open(path, "pt") as file:
        assert '"map_steps": 2' in file.metadata()["plan"]


def test_the_unit_makes_the_median_picture_one_jnd(pictures):
    stages = untrained(0).requires_grad_(requires_grad=False)

    median, every = unit(stages, [pictures.pictures[0][:128, :128]])

    image = from_bytes(pictures.pictures[0][:128, :128])
    assert every == [median]
    assert reading(image, median * stages(image)) == pytest.approx(1, rel=0.03)


def test_no_more_pictures_are_measured_than_needed(pictures, monkeypatch):
    monkeypatch.setattr("sublimen.training.card.factor", lambda *_: 1.0)
    stages = untrained(0).requires_grad_(requires_grad=False)

    _, every = unit(stages, [pictures.pictures[0][:32, :32]] * 60)

    assert len(every) == MEASURED


def test_a_place_that_cannot_be_written_is_refused(training, tmp_path):
    (tmp_path / CARD).mkdir()

    with pytest.raises(OutputError, match="must be writable"):
        write(training, (1.0, [1.0]), "")
