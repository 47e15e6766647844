"""The command with dlib's own weights."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sublimen.cli.main import run
from sublimen.photo.result import LIMITS
from tests.report.test_page import OVERSOLD


@pytest.fixture(autouse=True)
def photo(astronaut, tmp_path, monkeypatch):
    """A portrait beside a folder with its mirror image and a picture of nobody."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUBLIMEN_WEIGHTS", str(tmp_path / "weights"))
    head = np.ascontiguousarray(astronaut[0:260, 100:340])
    Image.fromarray(head).save("me.png")
    Path("others").mkdir()
    Image.fromarray(head[:, ::-1].copy()).save("others/mirror.png")
    Image.new("RGB", (64, 64)).save("others/nobody.png")
    return Path("me.png")


@pytest.mark.weights
def test_a_match_is_status_one_and_told_as_json_and_to_people(capsys):
    pytest.importorskip("dlib", reason="the extra photo brings dlib")

    assert run(["check", "me.png", "--against", "others", "--json"]) == 1

    captured = capsys.readouterr()
    checked = json.loads(captured.out)
    (face,) = checked["faces"]
    assert [version["upload"] for version in face["versions"]] == ["png", "q75"]
    (one,) = face["versions"][0]["recognisers"]
    assert one["name"] == "dlib-resnet"
    assert 0 < one["nearest"] < 0.4
    assert (one["matching"], one["photos"]) == (1, 1)
    assert checked["without_face"] == ["nobody.png"]
    words = " ".join(captured.err.split())
    assert "no face was found in nobody.png" in words
    assert f"me.png: a recogniser matches; {LIMITS}" in words
    assert not re.search(OVERSOLD, captured.out + captured.err, re.IGNORECASE)


@pytest.mark.weights
def test_no_match_is_status_zero_and_a_table(capsys):
    skimage = pytest.importorskip("skimage.data", reason="scikit-image brings the cat")
    pytest.importorskip("dlib", reason="the extra photo brings dlib")
    Path("cats").mkdir()
    Image.fromarray(skimage.chelsea()).save("cats/cat.png")

    assert run(["check", "me.png", "--against", "cats"]) == 2
    assert "must hold a photo with a face" in capsys.readouterr().err
    stranger = np.array(Image.open("me.png"))[::-1].copy()
    Image.fromarray(stranger).save("cats/upside-down.png")
    assert (
        run(["check", "cats/upside-down.png", "--against", "others", "--box", "75,95,166,186"]) == 0
    )
    captured = capsys.readouterr()
    assert "no match" in captured.out
    assert "0 of 1" in captured.out
    assert "no recogniser that was asked matches" in " ".join(captured.err.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["me.png"], "--against"),
        (["missing.png", "--against", "others"], "got no such file"),
        (["me.png", "--against", "none"], "gallery must be a folder"),
        (["me.png", "--against", "others", "--box", "1,2"], "--box must be x0,y0,x1,y1"),
        (["others/nobody.png", "--against", "others"], "must show a face to be compared"),
    ],
)
@pytest.mark.weights
def test_bad_input_is_status_two_and_one_sentence(capsys, arguments, words):
    assert run(["check", *arguments]) == 2

    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
