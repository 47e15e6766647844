import numpy as np
import pytest
import torch
from recognisers.tflite_maker import written

from sublimen.errors import WeightsError
from sublimen.recognisers.tflite_file import constants

pytest.importorskip("tflite", reason="the extra weights brings the schema")


def test_constants_come_in_the_order_of_the_graph_with_their_operators():
    kernel = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    bias = np.array([7], np.float32)
    shape = np.array([2, 192], np.int32)

    found = constants(written([("MUL", [bias]), ("CONV_2D", [kernel, bias]), ("RESHAPE", [shape])]))

    assert [c.operator for c in found] == ["MUL", "CONV_2D", "CONV_2D", "RESHAPE"]
    assert torch.equal(found[1].values, torch.from_numpy(kernel))
    assert [c.numeric for c in found] == [True, True, True, False]
    assert found[3].values.tolist() == [2, 192]


@pytest.mark.parametrize(
    "content", [b"", b"no such file at all", b"\x1c\0\0\0TFL3", b"\xff\xff\xff\x7fTFL3" + bytes(40)]
)
def test_other_files_are_refused_in_one_sentence(content):
    with pytest.raises(WeightsError, match=r"must be a .*TensorFlow Lite file"):
        constants(content)


def test_a_file_that_breaks_off_is_refused():
    whole = written([("CONV_2D", [np.zeros((1, 1, 1, 1), np.float32)])])

    for length in range(12, len(whole), 7):
        try:
            found = constants(whole[:length])
        except WeightsError:
            continue
        assert found == constants(whole)


def test_quantised_numbers_are_refused():
    with pytest.raises(WeightsError, match="of floats"):
        constants(written([("CONV_2D", [np.zeros((1, 1, 1, 1), np.int8)])]))
