import pytest
import torch

from sublimen.errors import WeightsError
from sublimen.recognisers.dat import Reader, Record, records


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\x01\x00", 0),
        (b"\x01\x07", 7),
        (b"\x02\x00\x01", 256),
        (b"\x81\x07", -7),
        (b"\x88" + b"\xff" * 8, -(2**64) + 1),
    ],
)
def test_integers_have_a_control_byte(data, value):
    reader = Reader(data)

    assert reader.integer() == value
    assert reader.place == len(data)


@pytest.mark.parametrize("data", [b"\x00", b"\x09" + bytes(9), b"\x11\x00"])
def test_other_control_bytes_are_refused(data):
    with pytest.raises(WeightsError, match="an integer at 0"):
        Reader(data).integer()


def test_layers_come_in_file_order_with_their_numbers(write):
    layers = [
        Record("con_4", torch.arange(30.0), (3, 3, 3, 2, 2, 0, 0)),
        Record("affine_", torch.tensor([1.0, -2.0]), ()),
        Record("fc_2", torch.tensor([0.5, 0.25, -1.0]), (3, 1)),
    ]

    found = list(records(write(layers)))

    assert [(record.kind, record.settings) for record in found] == [
        (layer.kind, layer.settings) for layer in layers
    ]
    for record, layer in zip(found, layers, strict=True):
        torch.testing.assert_close(record.values, layer.values, rtol=0, atol=0)


def test_a_file_that_is_cut_off_is_refused(write):
    data = write([Record("affine_", torch.ones(4), ())])

    with pytest.raises(WeightsError, match="cut off"):
        list(records(data[:-6]))


def test_tensors_of_another_version_are_refused():
    with pytest.raises(WeightsError, match="version 2, got 1"):
        list(records(b"\x01\x07affine_\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"))


def test_another_file_holds_no_layers():
    assert list(records(b"this is something else entirely" * 50)) == []
