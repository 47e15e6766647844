"""Every example runs."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLES = sorted((Path(__file__).resolve().parents[1] / "examples").glob("*.py"))


@pytest.mark.weights
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_it_runs(example, tmp_path, monkeypatch, astronaut, capsys):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.ascontiguousarray(astronaut[0:260, 100:340])).save("me.png")
    arguments = {"protect_a_photo": ["me.png"]}.get(example.stem, [])
    monkeypatch.setattr(sys, "argv", [str(example), *arguments])

    runpy.run_path(str(example), run_name="__main__")

    assert capsys.readouterr().out
