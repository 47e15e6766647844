import numpy as np
import pytest
import torch

from sublimen.errors import ImageError, WeightsError
from sublimen.imaging.levels import from_bytes
from sublimen.recognisers import Alignment, DlibProgram, DlibResnet, chip, detect
from sublimen.recognisers.dat import Record, records


def test_made_up_weights_go_through_the_real_loading_code(layers, write):
    network = DlibResnet(records(write(layers)))

    embeddings = network(torch.rand(2, 3, 150, 150, generator=torch.Generator().manual_seed(1)))

    assert embeddings.shape == (2, 128)
    assert embeddings.isfinite().all()
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_scale_and_shift_are_folded_in_exactly(layers):
    network = DlibResnet(iter(layers))
    chips = torch.rand(1, 3, 60, 60, generator=torch.Generator().manual_seed(2))

    folded = network.stem(chips)

    weights, scale = layers[0], layers[1].values
    kernel = weights.values[:-32].view(32, 3, 7, 7)
    plain = torch.nn.functional.conv2d(chips, kernel, stride=2)
    expected = plain * scale[:32].view(1, -1, 1, 1) + scale[32:].view(1, -1, 1, 1)
    torch.testing.assert_close(folded, expected, rtol=1e-5, atol=1e-5)


def test_maps_of_unlike_size_are_added_with_zeros_at_the_far_end(layers):
    # 8 x 8 pixels become 3 x 3 by the convolution and 4 x 4 by the shortcut; 32 channels meet 64.
    network = DlibResnet(iter(layers))
    features = torch.ones(1, 32, 8, 8)

    added = network.blocks[3](features)

    found = network.blocks[3].second(network.blocks[3].first(features).relu())
    assert found.shape[2:] == (3, 3)
    assert added.shape == (1, 64, 4, 4)
    torch.testing.assert_close(added[0, :32, 3, :], torch.ones(32, 4))
    torch.testing.assert_close(added[0, 32:, 3, :], torch.zeros(32, 4))
    torch.testing.assert_close(added[0, 32:, :3, :3], found[0, 32:].relu())
    torch.testing.assert_close(added[0, :32, :3, :3], (found[0, :32] + 1).relu())


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda layers: layers[1:], "a convolution here"),
        (lambda layers: layers[:1], "affine_ of 64 numbers here, got the end"),
        (lambda layers: layers[:-1], "fc_2 of 32768 numbers here, got the end"),
        (
            lambda layers: [Record("con_4", layers[0].values[:-9], layers[0].settings)],
            "32 filters over 3 channels",
        ),
        (lambda _: [], "the end"),
    ],
)
def test_weights_of_another_shape_are_refused(layers, damage, words):
    with pytest.raises(WeightsError, match=words):
        DlibResnet(iter(damage(layers)))


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize(
    ("chips", "words"),
    [
        (torch.zeros(1, 3, 112, 112), "chips must be 3 x 150 x 150"),
        (torch.full((1, 3, 150, 150), 200.0), "divide 8-bit pixels by 255"),
    ],
)
def test_unfit_chips_are_refused(layers, chips, words):
    with pytest.raises(ImageError, match=words):
        DlibResnet(iter(layers))(chips)


def test_the_gradient_reaches_the_photo(layers):
    network = DlibResnet(iter(layers)).double()
    alignment = Alignment(40.0, 42.0, 0.4, 0.2)
    photo = torch.rand(1, 3, 80, 84, generator=torch.Generator().manual_seed(3)).double()
    direction = torch.randn(photo.shape, generator=torch.Generator().manual_seed(4)).double()

    def loss(images):
        return network(chip(images, alignment)).square().sum()

    photo.requires_grad_()
    (gradient,) = torch.autograd.grad(loss(photo), photo)

    with torch.no_grad():
        ahead, behind = loss(photo + 1e-7 * direction), loss(photo - 1e-7 * direction)
    slope = ((ahead - behind) / 2e-7).item()
    assert (gradient * direction).sum().item() == pytest.approx(slope, rel=1e-3)


@pytest.fixture(scope="module")
def network():
    pytest.importorskip("face_recognition_models", reason="the extra photo brings weights")
    return DlibResnet.load()


@pytest.fixture(scope="module")
def program():
    pytest.importorskip("dlib", reason="the extra photo brings dlib")
    return DlibProgram()


@pytest.mark.weights
def test_on_equal_chips_it_is_dlib(network, program, astronaut):
    import dlib

    for face in detect(astronaut):
        points = dlib.points([dlib.point(int(x), int(y)) for x, y in face.landmarks])
        shape = dlib.full_object_detection(dlib.rectangle(*face.box), points)
        aligned = dlib.get_face_chip(astronaut, shape, 150, 0.25)

        ours = network(from_bytes(aligned))[0].numpy()

        theirs = np.array(program._model.compute_face_descriptor(aligned))
        assert np.abs(ours - theirs).max() <= 1e-6


def distance(network, program, levels, face):
    """Of the embeddings of one face by both ways, from the photo on."""
    ours = network(chip(from_bytes(levels), Alignment.of(face)))[0].numpy()
    return float(np.linalg.norm(ours - program.embed(levels, face)))


@pytest.mark.weights
@pytest.mark.parametrize("factor", [0.5, 1, 1.7, 2.6, 4])
def test_from_the_photo_on_it_is_nearly_dlib(network, program, astronaut, factor):
    from PIL import Image

    side = round(512 * factor)
    picture = Image.fromarray(astronaut).resize((side, side), Image.Resampling.BICUBIC)
    levels = np.array(picture)

    for face in detect(levels):
        assert distance(network, program, levels, face) <= 0.02


@pytest.mark.weights
@pytest.mark.slow
def test_on_photos_of_all_sizes_it_is_nearly_dlib(network, program, data):
    from sublimen.photo.file import open_photo

    photos = sorted((data / "faces" / "lfw").glob("*/*_0002.jpg"))[::8]
    photos += sorted((data / "faces" / "azure_family").glob("*.jpg"))[::2]

    distances = []
    for photo in photos:
        levels = open_photo(photo).levels
        distances += [distance(network, program, levels, face) for face in detect(levels)]

    assert len(photos) >= 20
    assert np.mean(distances) <= 0.01
    assert np.max(distances) <= 0.03
