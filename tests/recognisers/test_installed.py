import pytest

from sublimen.errors import UnknownNameError, WeightsError
from sublimen.recognisers import RECOGNISERS, store
from sublimen.recognisers.installed import LOADERS, embedder, installed


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SUBLIMEN_WEIGHTS", str(tmp_path))
    return tmp_path


def test_every_recogniser_can_be_loaded_in_the_documented_order():
    assert list(LOADERS) == ["dlib-resnet", "mobilefacenet", "hse-mobilenet", "mobileface"]
    assert set(LOADERS) == set(RECOGNISERS)


def test_only_what_is_there_is_installed_in_that_order(monkeypatch):
    monkeypatch.setattr("sublimen.recognisers.fetching.find_spec", lambda _: None)
    assert installed() == ()

    store.place("hse-mobilenet").touch()
    store.place("mobilefacenet").touch()
    assert installed() == ("mobilefacenet", "hse-mobilenet")

    monkeypatch.setattr("sublimen.recognisers.fetching.find_spec", lambda _: object())
    assert installed() == ("dlib-resnet", "mobilefacenet", "hse-mobilenet")


def test_what_is_not_there_is_refused_with_its_command():
    with pytest.raises(WeightsError, match="run `sublimen weights add mobilefacenet`"):
        embedder("mobilefacenet")
    with pytest.raises(UnknownNameError, match="no face recogniser 'mobile'"):
        embedder("mobile")
