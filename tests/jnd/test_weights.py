import pytest
import torch

from sublimen.checks import check_digest
from sublimen.errors import WeightsError
from sublimen.jnd.weights import read_tensors

pytestmark = pytest.mark.usefixtures("as_users_run_it")

TENSORS = {"first": torch.arange(6.0).view(2, 3), "second": torch.ones(4)}


@pytest.fixture
def saved(tmp_path):
    def save(content):
        torch.save(content, tmp_path / "net.pth")
        return tmp_path / "net.pth"

    return save


@pytest.mark.parametrize(
    "content",
    [
        TENSORS,
        {"epoch": 250, "state_dict": TENSORS},
        {"model": TENSORS},
        {"params": TENSORS, "loss": 1.5},
        {f"module.{name}": tensor for name, tensor in TENSORS.items()},
        {"state_dict": {f"module.{name}": tensor for name, tensor in TENSORS.items()}},
    ],
)
def test_tensors_are_found_where_training_programs_leave_them(saved, content):
    found = read_tensors(saved(content))

    assert list(found) == ["first", "second"]
    assert all(torch.equal(found[name], tensor) for name, tensor in TENSORS.items())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"must be a file, got .*none\.pth, which is none"):
        read_tensors(tmp_path / "none.pth")
    with pytest.raises(WeightsError, match="must be a file"):
        read_tensors(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no weights", b"\x80\x02}q\x00.", b"PK\x03\x04cut off"])
def test_what_torch_has_not_written_is_refused(tmp_path, content):
    (tmp_path / "net.pth").write_bytes(content)

    with pytest.raises(WeightsError, match=r"^net\.pth must .*(as its authors published|save the)"):
        read_tensors(tmp_path / "net.pth")


def test_a_file_that_would_run_code_is_refused(saved):
    with pytest.raises(WeightsError, match="must be a PyTorch file that holds tensors alone"):
        read_tensors(saved(torch.nn.Linear(1, 1)))


@pytest.mark.parametrize(
    ("content", "kind"),
    [([torch.ones(1)], "list"), ({"epoch": 3}, "dict"), ({1: torch.ones(1)}, "dict")],
)
def test_tensors_without_names_are_refused(saved, content, kind):
    with pytest.raises(WeightsError, match=f"must hold tensors by name, got {kind}; save the"):
        read_tensors(saved(content))


def test_a_digest_is_compared(tmp_path):
    (tmp_path / "net.pth").write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    check_digest(tmp_path / "net.pth", digest)
    with pytest.raises(WeightsError, match=r"SHA-256 000000000000\.\.\., got ba7816bf8f01\.\.\.;"):
        check_digest(tmp_path / "net.pth", "0" * 64)
