import json
import shutil
import stat

import pytest
import skimage.data
import torch
from pairs import distorted

from sublimen.errors import MissingExtraError
from sublimen.imaging.levels import from_bytes
from sublimen.visibility import Butteraugli
from sublimen.visibility.butteraugli import PROGRAM, butteraugli


@pytest.fixture
def pretend(tmp_path, monkeypatch):
    """Put a program of that name on PATH that says what a test wants it to."""

    def install(script):
        program = tmp_path / PROGRAM
        program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return install


@pytest.fixture
def images():
    return torch.full((2, 1, 16, 16), 0.5)


def test_the_program_is_given_two_private_files_that_are_gone_afterwards(
    pretend, images, tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    pretend(
        f'ls -l "$1" "$2" > {tmp_path}/seen; ls -ld "$(dirname "$1")" >> {tmp_path}/seen\n'
        "echo 1.5; echo '3-norm: 0.25'"
    )

    assert butteraugli(images[:1], images[1:]) == (1.5, 0.25)

    seen = (tmp_path / "seen").read_text("utf-8").splitlines()
    assert len(seen) == 3
    assert seen[2].startswith("drwx------")
    assert not list(tmp_path.glob("sublimen-*"))


def test_each_image_is_read_by_itself(pretend, images):
    pretend("echo 1.5; echo '3-norm: 0.25'")

    assert Butteraugli()(images, images).tolist() == [0.25, 0.25]


@pytest.mark.parametrize("script", ["echo hello", "echo 1.0; exit 3", "echo oh no >&2; exit 1"])
def test_a_program_that_says_something_else_is_quoted(pretend, images, script):
    pretend(script)

    with pytest.raises(MissingExtraError, match=r"must print two numbers, got: (hello|1\.0|oh no)"):
        butteraugli(images[:1], images[1:])


def test_without_the_program_its_package_is_named(monkeypatch, images):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(MissingExtraError, match="apt install libjxl-devtools"):
        Butteraugli().check()
    with pytest.raises(MissingExtraError, match="not on PATH"):
        Butteraugli()(images, images)


@pytest.mark.parametrize("pair", ["sign2", "sign8B", "low4", "jpeg75_420"])
def test_its_numbers_are_those_of_the_program_run_by_hand(reference, pair):
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not on PATH")
    rows = json.loads((reference / "visibility" / "scores.json").read_text("utf-8"))["rows"]
    (row,) = (r for r in rows if (r["image"], r["pair"]) == ("astronaut", pair))
    levels = skimage.data.astronaut()

    largest, norm = butteraugli(from_bytes(levels), from_bytes(distorted(levels, pair)))

    assert largest == pytest.approx(row["butteraugli_max"], rel=1e-5)
    assert norm == pytest.approx(row["butteraugli_3norm"], rel=1e-5)
