import json

import numpy as np
import pytest
from recognisers import tfjs_maker

from sublimen.errors import WeightsError
from sublimen.recognisers.tfjs_file import constants


def files(weights, numbers):
    return {
        "net.json": json.dumps({"weightsManifest": [{"weights": weights}]}).encode(),
        "net.bin": numbers,
    }


def test_constants_are_read_one_after_the_other():
    numbers = np.array([1, 2, 3, 4, 5, 6], "<f4").tobytes() + np.array([7], "<i4").tobytes()
    weights = [
        {"name": "kernel", "shape": [1, 2, 3], "dtype": "float32"},
        {"name": "axis", "shape": [], "dtype": "int32"},
    ]

    found = constants(files(weights, numbers))

    assert found["kernel"].tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert found["axis"].item() == 7
    assert list(found) == ["kernel", "axis"]


ONE = {"name": "a", "shape": [2], "dtype": "float32"}


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (files([ONE], bytes(7)), "buffer"),
        (files([ONE], bytes(12)), "12 bytes of numbers, expected 8"),
        (files([{**ONE, "dtype": "uint8"}], bytes(8)), "uint8"),
        (files([{**ONE, "quantization": {"scale": 1}}], bytes(8)), "a is quantised"),
        ({"net.json": b"no json", "net.bin": b""}, "JSONDecodeError"),
        ({"net.json": b"[]", "net.bin": b""}, "TypeError"),
        ({"net.json": b"{}", "net.bin": b""}, "weightsManifest"),
        ({"net.json": b"{}"}, "weightsManifest"),
        ({"net.bin": b""}, "json"),
    ],
)
def test_other_files_are_refused_with_the_reason(pair, words):
    with pytest.raises(WeightsError, match=words):
        constants(pair)


def test_the_made_up_files_are_of_the_layout():
    made = tfjs_maker.made()

    assert len(constants(made)) == 1 + 2 * 27 + 13 + 2 * 27
