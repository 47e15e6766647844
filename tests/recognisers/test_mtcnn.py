import io

import numpy as np
import pytest
import torch

from sublimen.errors import WeightsError
from sublimen.recognisers import detect, mtcnn, store
from sublimen.recognisers.face import Box
from sublimen.recognisers.mtcnn import OutputNetwork, Transposed, converted, five_points

SHARES = [0.3, 0.7, 0.5, 0.35, 0.65, 0.4, 0.41, 0.6, 0.8, 0.81]
"""Columns and then rows of the points that a made-up network always answers."""


def parameters(face=9.0):
    """A network that sees a face everywhere, its points always at `SHARES`.

    Args:
        face: Logit of a face against none.
    """
    generator = torch.Generator().manual_seed(0)
    shapes = {
        "conv1": (32, 3, 3, 3),
        "conv2": (64, 32, 3, 3),
        "conv3": (64, 64, 3, 3),
        "conv4": (128, 64, 2, 2),
        "dense5": (256, 1152),
    }
    made = {}
    for name, shape in shapes.items():
        made[f"{name}.weight"] = 0.05 * torch.randn(shape, generator=generator)
        made[f"{name}.bias"] = torch.zeros(shape[0])
        made[f"prelu{name[-1]}.weight"] = torch.full((shape[0],), 0.25)
    for name, bias in {"6_1": [0.0, face], "6_2": [0.0] * 4, "6_3": SHARES}.items():
        made[f"dense{name}.bias"] = torch.tensor(bias)
        made[f"dense{name}.weight"] = torch.zeros(len(bias), 256)
    return made


def saved(tensors):
    file = io.BytesIO()
    torch.save(tensors, file)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SUBLIMEN_WEIGHTS", str(tmp_path))
    return tmp_path


def photo():
    return np.random.default_rng(0).integers(256, size=(80, 90, 3), dtype=np.uint8)


@pytest.mark.usefixtures("folder")
def test_the_points_are_shares_of_the_box():
    store.write(mtcnn.NAME, converted({"onet.pt": saved(parameters())}))

    points = five_points(photo(), Box(10, 20, 60, 80))

    columns, rows = SHARES[:5], SHARES[5:]
    expected = [(10 + 50 * x, 20 + 60 * y) for x, y in zip(columns, rows, strict=True)]
    assert points == tuple(pytest.approx(place, abs=1e-4) for place in expected)


@pytest.mark.usefixtures("folder")
def test_where_no_face_is_seen_there_are_no_points():
    # 1 / (1 + exp(-0.8)) = 0.69 lies below 0.7, 1 / (1 + exp(-0.9)) = 0.71 above.
    store.write(mtcnn.NAME, parameters(face=0.8))
    assert five_points(photo(), Box(10, 20, 60, 80)) is None

    mtcnn._loaded.cache_clear()
    store.write(mtcnn.NAME, parameters(face=0.9))
    assert five_points(photo(), Box(10, 20, 60, 80)) is not None


def test_only_the_box_is_looked_at():
    network, seen = OutputNetwork(parameters()), []
    network.layers.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    levels = torch.full((1, 3, 48, 48), 255.0)

    network(levels)

    assert seen[0].unique().tolist() == [(255 - 127.5) / 128]


def test_a_box_is_brought_to_48_pixels_by_the_mean_of_what_each_covers(folder, monkeypatch):
    seen = []

    class Spy:
        def __call__(self, faces):
            seen.append(faces)
            return torch.ones(1), torch.zeros(1, 10)

    monkeypatch.setattr(mtcnn, "_loaded", lambda _: Spy())
    levels = np.zeros((200, 200, 3), np.uint8)
    levels[50:146:2, 30:126] = 100

    five_points(levels, Box(30, 50, 126, 146))

    assert seen[0].shape == (1, 3, 48, 48)
    assert seen[0].unique().tolist() == [50]
    assert folder.is_dir()


def test_maps_are_flattened_column_by_column_with_the_channels_last():
    maps = torch.arange(12).view(1, 2, 2, 3)

    # Channel 0 holds 0 to 5 in rows of three, channel 1 holds 6 to 11.
    assert Transposed()(maps).tolist() == [[0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11]]


def test_files_of_another_network_are_refused():
    tensors = parameters()

    with pytest.raises(WeightsError, match=r"onet.pt must hold"):
        converted({"onet.pt": saved({**tensors, "dense5.weight": torch.zeros(2, 2)})})
    with pytest.raises(WeightsError, match="must be a PyTorch file"):
        converted({"onet.pt": b"something else"})
    with pytest.raises(WeightsError, match="must hold tensors by name"):
        converted({"onet.pt": saved([1, 2])})


def test_a_tensor_too_many_is_refused():
    with pytest.raises(WeightsError, match="extra"):
        OutputNetwork({**parameters(), "extra.weight": torch.zeros(1)})


@pytest.mark.weights
def test_a_detected_face_has_points_where_the_weights_are_installed(folder, astronaut):
    (without,) = detect(astronaut)[:1]
    store.write(mtcnn.NAME, parameters())

    (face,) = detect(astronaut)[:1]

    assert without.points is None
    assert (face.box, face.landmarks) == (without.box, without.landmarks)
    assert face.points[2] == pytest.approx(
        (face.box.x0 + 0.5 * face.box.width, face.box.y0 + 0.6 * face.box.height), abs=1e-3
    )
    assert folder.is_dir()


@pytest.mark.weights
def test_the_real_points_are_near_dlibs_eyes_and_a_badge_has_none(astronaut):
    from sublimen.recognisers.five_points import eyes_and_nose

    if not store.installed(mtcnn.NAME):
        pytest.skip("mtcnn is not in the store; run `sublimen weights add mtcnn`")

    # Dlib takes a badge on the astronaut's sleeve for a face, too.
    badge, face = detect(astronaut)

    assert badge.points is None
    for ours, theirs in zip(face.points[:2], eyes_and_nose(face)[:2], strict=True):
        assert np.hypot(*np.subtract(ours, theirs)) < 0.06 * face.box.width
