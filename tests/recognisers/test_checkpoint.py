import pickle

import pytest
import torch
from torch import nn

from sublimen.errors import WeightsError
from sublimen.recognisers.checkpoint import load_strictly, read_state_dict


class Trap:
    """A pickle that runs code when it is read."""

    def __reduce__(self):
        return (print, ("run",))


def test_tensors_come_back_by_name(tmp_path):
    path = tmp_path / "weights.pt"
    torch.save({"a": torch.arange(3.0)}, path)

    assert read_state_dict(path)["a"].tolist() == [0, 1, 2]


def test_a_file_cannot_run_code(tmp_path, capsys):
    path = tmp_path / "weights.pt"
    torch.save({"a": Trap()}, path)

    with pytest.raises(WeightsError, match="tensors alone"):
        read_state_dict(path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "content", [b"", b"not a weights file", pickle.dumps({"a": 1}), b"PK\x03\x04 half an archive"]
)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "weights.pt"
    path.write_bytes(content)

    with pytest.raises(WeightsError, match=r"weights\.pt must"):
        read_state_dict(path)


@pytest.mark.parametrize("content", [torch.zeros(3), {"a": 1}, {"a": {"b": torch.zeros(1)}}])
def test_files_of_another_form_are_refused(tmp_path, content):
    path = tmp_path / "weights.pt"
    torch.save(content, path)

    with pytest.raises(WeightsError, match="tensors by name"):
        read_state_dict(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"got .*absent\.pt, which is none"):
        read_state_dict(tmp_path / "absent.pt")


@pytest.fixture
def tensors():
    return nn.Linear(2, 3).state_dict() | {"weight": torch.full((3, 2), 0.5)}


def test_equal_layouts_are_filled(tensors):
    network = nn.Linear(2, 3)

    load_strictly(network, tensors, name="file.pt")

    assert network.weight.tolist() == [[0.5, 0.5]] * 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weight": None}, "hold 3 x 2 numbers at weight, got nothing"),
        ({"more": torch.zeros(4)}, "hold nothing at more, got 4 numbers"),
        ({"weight": torch.zeros(2, 3)}, "hold 3 x 2 numbers at weight, got 2 x 3 numbers"),
        ({"bias": torch.tensor([0, 1, torch.nan])}, "hold finite numbers, got others at bias"),
    ],
)
def test_other_layouts_are_refused_by_the_first_difference(tensors, change, words):
    changed = {key: value for key, value in (tensors | change).items() if value is not None}

    with pytest.raises(WeightsError, match=rf"file\.pt must {words}"):
        load_strictly(nn.Linear(2, 3), changed, name="file.pt")


def test_what_batch_normalisation_counted_may_be_absent():
    network = nn.BatchNorm2d(2)
    kept = {key: value for key, value in network.state_dict().items() if "num" not in key}

    load_strictly(network, kept | {"weight": torch.full((2,), 3.0)}, name="file.pt")

    assert network.weight.tolist() == [3, 3]
