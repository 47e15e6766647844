"""The command `sublimen bench recognisers` as people call it."""

import pytest

from sublimen.bench import recogniser_study
from sublimen.bench.recogniser_rows import Pair
from sublimen.cli.main import run


@pytest.fixture(autouse=True)
def measured(monkeypatch):
    pairs = [
        Pair(one=(0, 0), other=(0, 1), distances={"dlib-resnet": 0.5}),
        Pair(one=(0, 0), other=(1, 0), distances={"dlib-resnet": 0.9}),
    ]
    monkeypatch.setattr(recogniser_study, "measure", lambda *_, **__: pairs)


def test_the_numbers_are_said_and_the_files_are_there(tmp_path, capsys):
    out = tmp_path / "out"

    assert run(["bench", "recognisers", "-o", str(out), "--data", str(tmp_path)]) == 0

    said = " ".join(capsys.readouterr().err.split())
    assert "dlib-resnet: TAR 1.000 [1.000, 1.000], FAR 0.0000" in said
    assert {path.name for path in out.iterdir()} == set(recogniser_study.FILES)


def test_data_that_is_not_there_is_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SUBLIMEN_DATA", str(tmp_path / "none"))

    assert run(["bench", "recognisers", "-o", str(tmp_path / "out")]) == 2

    assert "SUBLIMEN_DATA" in capsys.readouterr().err
