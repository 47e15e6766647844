import hashlib

import pytest

from sublimen.checks import check_digest
from sublimen.errors import MissingExtraError, WeightsError
from sublimen.recognisers import weights as module
from sublimen.recognisers.weights import SHA256, weights


def test_a_file_with_other_content_is_refused(tmp_path):
    path = tmp_path / "weights.dat"
    path.write_bytes(b"one")

    check_digest(path, hashlib.sha256(b"one").hexdigest())
    with pytest.raises(WeightsError, match=r"weights.dat must have SHA-256 .*get it again"):
        check_digest(path, hashlib.sha256(b"two").hexdigest())


@pytest.mark.weights
def test_files_of_the_package_are_what_they_should_be():
    pytest.importorskip("face_recognition_models", reason="the extra photo brings weights")

    for name in SHA256:
        assert weights(name).is_file()


def test_a_missing_file_is_named(monkeypatch, tmp_path):
    class Package:
        __file__ = str(tmp_path / "__init__.py")

    monkeypatch.setattr(module, "need", lambda *_, **__: Package)

    with pytest.raises(WeightsError, match=r"must hold absent\.dat"):
        weights("absent.dat")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "face_recognition_models", None)

    with pytest.raises(MissingExtraError, match=r"sublimen\[photo\]"):
        weights("another.dat")


def test_the_68_point_predictor_is_never_read():
    assert not [name for name in SHA256 if "68" in name]
