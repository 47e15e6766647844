import re

import pytest

from sublimen.recognisers.sources import SOURCES


@pytest.mark.parametrize("source", SOURCES.values())
def test_every_source_is_pinned_to_the_bit(source):
    assert re.fullmatch(r"[\d.]+", source.version)
    for digest in (source.sha256, *source.files.values()):
        assert re.fullmatch("[0-9a-f]{64}", digest)
    assert source.files
    assert source.version in source.origin
    assert source.package in source.origin


def test_the_digest_of_a_source_is_that_of_its_files():
    for source in SOURCES.values():
        assert source.digest.split() == list(source.files.values())
