import os
from pathlib import Path

import numpy as np
import pytest
import torch

from sublimen.errors import ImageError, SettingError, WeightsError
from sublimen.jnd import ResJnd, in_tiles, resjnd as stages
from tests.jnd.planes import as_images

VARIANTS = ["rms", "channels"]
PADDINGS = ["reflect", "zeros"]


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """A file like the authors', with random numbers that keep 25 recursions finite."""
    generator = torch.Generator().manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    scales = dict(zip(stages.SHAPES, (0.2, 0.03, 0.03, 0.02), strict=True))
    torch.save(
        {
            name: torch.randn(shape, generator=generator) * scales[name]
            for name, shape in stages.SHAPES.items()
        },
        path,
    )
    return path


@pytest.fixture(scope="session")
def picture():
    """Three channels of 16 x 19 pixels from black to white."""
    generator = torch.Generator().manual_seed(1)
    values = torch.rand(1, 3, 16, 19, generator=generator)
    values[..., :3, :3], values[..., -3:, -3:] = 0, 1
    return values


@pytest.fixture
def shallow(monkeypatch):
    """Three recursions instead of 25, which are slow, and the halo that they have."""
    monkeypatch.setattr(stages, "RECURSIONS", 3)
    monkeypatch.setattr(ResJnd, "halo", 8)


def convolved(features, kernel, padding):
    """Correlation over all channels, features channel x height x width."""
    mode = "reflect" if padding == "reflect" else "constant"
    wide = np.pad(features, ((0, 0), (1, 1), (1, 1)), mode=mode)
    windows = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), axis=(1, 2))
    return np.einsum("chwij,ocij->ohw", windows, kernel, optimize=True)


def residual(image, path, padding, recursions):
    """CPL - x, layer by layer in double precision."""
    kernels = [tensor.double().numpy() for tensor in torch.load(path).values()]
    wide, first, second, narrow = kernels
    skip = np.maximum(convolved(np.maximum(image, 0), wide, padding), 0)
    state = skip
    for _ in range(recursions):
        inner = convolved(np.maximum(state, 0), first, padding)
        state = convolved(np.maximum(inner, 0), second, padding) + skip
    return convolved(np.maximum(state, 0), narrow, padding)


def check_against_the_second_implementation(picture, weights, padding, recursions):
    expected = residual(picture[0].double().numpy(), weights, padding, recursions)
    model = ResJnd(weights=weights, padding=padding)

    found = model.residual(picture)[0].numpy()
    jnd = model(picture)[0].numpy()

    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()
    rms = np.sqrt((expected**2).mean(axis=0))
    assert np.abs(jnd - rms).max() < 1e-5 * rms.max()


def test_the_map_is_that_of_a_second_implementation(weights, picture):
    check_against_the_second_implementation(picture, weights, "zeros", recursions=25)


@pytest.mark.usefixtures("shallow")
@pytest.mark.parametrize("padding", PADDINGS)
def test_every_convolution_sees_what_lies_beyond_the_rim(weights, picture, padding):
    check_against_the_second_implementation(picture, weights, padding, recursions=3)


@pytest.mark.usefixtures("shallow")
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_map_has_the_shape_and_number_type_of_the_images(
    weights, picture, variant, dtype, channels
):
    images = picture[:, :channels].to(dtype)
    before = images.clone()

    jnd = ResJnd(weights=weights, variant=variant)(images)

    assert jnd.shape == images.shape
    assert jnd.dtype == dtype
    assert jnd.is_contiguous()
    assert jnd.min() >= 0
    assert not jnd.requires_grad
    assert torch.equal(images, before)


@pytest.mark.usefixtures("shallow")
def test_one_plane_is_the_mean_power_of_three(weights, picture):
    together, apart = (ResJnd(weights=weights, variant=variant)(picture) for variant in VARIANTS)

    assert torch.equal(together, together[:, :1].expand_as(together))
    assert not torch.equal(apart[:, 0], apart[:, 1])
    torch.testing.assert_close(apart.square().mean(dim=1).sqrt(), together[:, 0])


@pytest.mark.usefixtures("shallow")
def test_a_grey_image_is_taken_as_three_equal_channels(weights, picture):
    grey = picture[:, :1]

    copied = ResJnd(weights=weights)(grey.expand(-1, 3, -1, -1))
    for variant in VARIANTS:
        own = ResJnd(weights=weights, variant=variant)(grey)
        assert torch.equal(own, copied[:, :1])


@pytest.mark.usefixtures("shallow")
def test_a_batch_gives_what_its_images_give_one_by_one(weights, picture):
    images = torch.cat([picture, picture.flip(3), picture / 2])
    model = ResJnd(weights=weights)

    together = model(images)

    assert torch.equal(together, torch.cat([model(image[None]) for image in images]))


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.usefixtures("shallow")
def test_windows_see_just_what_their_pixels_depend_on(weights, monkeypatch, padding):
    generator = torch.Generator().manual_seed(2)
    images = torch.rand(1, 3, 26, 41, generator=generator)
    model = ResJnd(weights=weights, padding=padding)
    whole = model.residual(images)
    monkeypatch.setattr(stages, "WINDOW", 16)

    windows = model.residual(images)
    monkeypatch.setattr(ResJnd, "halo", 7)
    narrow = model.residual(images)

    assert (windows - whole).abs().max() < 1e-6 * whole.abs().max()
    assert (narrow - whole).abs().max() > 1e-5 * whole.abs().max()


def test_the_halo_is_one_pixel_for_each_convolution():
    assert ResJnd.halo == 1 + 2 * 25 + 1


def test_windows_cover_a_length_with_what_they_depend_on(monkeypatch):
    monkeypatch.setattr(stages, "WINDOW", 60)

    assert list(stages._windows(150, 52)) == [
        ((0, 112), 0, 60),
        ((8, 150), 52, 112),
        ((68, 150), 52, 82),
    ]
    assert list(stages._windows(60, 52)) == [((0, 60), 0, 60)]


@pytest.mark.usefixtures("shallow")
def test_strips_give_the_very_map_of_the_whole(weights, picture):
    model = ResJnd(weights=weights)

    assert torch.equal(in_tiles(model, picture), model(picture))


@pytest.mark.usefixtures("shallow")
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_gradients_are_finite_everywhere(weights, variant, level):
    images = torch.full((1, 3, 16, 16), level, requires_grad=True)

    jnd = ResJnd(weights=weights, variant=variant)(images)
    (gradient,) = torch.autograd.grad(jnd.sum(), images)

    assert gradient.isfinite().all()


@pytest.mark.usefixtures("shallow")
@pytest.mark.parametrize("variant", VARIANTS)
def test_gradients_are_finite_where_nothing_is_taken(weights, picture, tmp_path, variant):
    kernels = torch.load(weights)
    kernels["output.weight"].zero_()
    torch.save(kernels, tmp_path / "idle.pth")
    images = picture.clone().requires_grad_()

    jnd = ResJnd(weights=tmp_path / "idle.pth", variant=variant)(images)
    (gradient,) = torch.autograd.grad(jnd.sum(), images)

    assert jnd.max() < 1e-6 / 255
    assert (gradient == 0).all()


@pytest.mark.usefixtures("shallow")
def test_a_gradient_is_the_slope_of_the_map(weights, picture):
    kernels = {name: tensor.double() for name, tensor in torch.load(weights).items()}
    images = picture.double().requires_grad_()

    def mean(values):
        return stages.residual(values, kernels, "zeros").square().mean()

    (gradient,) = torch.autograd.grad(mean(images), images)
    (own,) = torch.autograd.grad(ResJnd(weights=weights).residual(images).square().mean(), images)

    direction = gradient / gradient.norm()
    with torch.no_grad():
        ahead, behind = (mean(images + sign * 1e-6 * direction) for sign in (1, -1))
    assert gradient.norm() > 0
    assert (ahead - behind) / 2e-6 == pytest.approx(gradient.norm().item(), rel=1e-3)
    torch.testing.assert_close(own, gradient, rtol=1e-3, atol=1e-4 * gradient.abs().max().item())


@pytest.mark.usefixtures("as_users_run_it")
def test_settings_and_images_are_refused_with_what_they_must_be(weights):
    with pytest.raises(SettingError, match="reflect or zeros, got 'circular'"):
        ResJnd(padding="circular")
    with pytest.raises(SettingError, match="rms or channels, got 'mean'"):
        ResJnd(variant="mean")
    with pytest.raises(ImageError, match="divide 8-bit pixels by 255"):
        ResJnd(weights=weights)(torch.full((1, 3, 16, 16), 200.0))
    with pytest.raises(ImageError, match="16 x 16"):
        ResJnd(weights=weights).residual(torch.zeros(1, 3, 15, 16))


@pytest.mark.usefixtures("as_users_run_it")
def test_without_its_weights_the_model_says_where_they_are(tmp_path):
    images = torch.zeros(1, 3, 16, 16)

    with pytest.raises(WeightsError, match=r"got none; download .*Knife646/ResJND \(academic use"):
        ResJnd()(images)
    with pytest.raises(WeightsError, match=r"got .*none\.pth, which is none"):
        ResJnd(weights=tmp_path / "none.pth")(images)


@pytest.mark.usefixtures("as_users_run_it")
def test_weights_of_another_network_are_refused(tmp_path):
    other = {name: torch.zeros(shape) for name, shape in stages.SHAPES.items()}
    other["conv2.weight"] = torch.zeros(64, 128, 3, 3)
    torch.save(other, tmp_path / "other.pth")

    with pytest.raises(
        WeightsError, match=r"128 x 128 x 3 x 3 numbers at conv2\.weight, got 64 x 128"
    ):
        ResJnd(weights=tmp_path / "other.pth")(torch.zeros(1, 3, 16, 16))


@pytest.mark.usefixtures("shallow")
def test_weights_saved_from_several_devices_are_the_same(weights, picture, tmp_path):
    tensors = {f"module.{name}": tensor for name, tensor in torch.load(weights).items()}
    torch.save({"epoch": 250, "state_dict": tensors}, tmp_path / "parallel.pth")

    found = ResJnd(weights=tmp_path / "parallel.pth")(picture)

    assert torch.equal(found, ResJnd(weights=weights)(picture))


def test_the_map_is_that_of_the_authors_program(reference):
    if "SUBLIMEN_RESJND" not in os.environ:
        pytest.skip("SUBLIMEN_RESJND does not name the authors' weights, which are not shipped")
    model = ResJnd(weights=Path(os.environ["SUBLIMEN_RESJND"]))
    files = np.load(reference / "jnd" / "resjnd.npz")
    images = as_images(files["coffee_in"], torch.float32)

    lossless = (images + model.residual(images))[0].numpy()
    jnd = model(images)[0, 0].numpy() * 255

    # 2e-4 level is what two builds of PyTorch differ by.
    assert np.abs(lossless - files["coffee_cpl"]).max() * 255 < 1e-3
    assert np.abs(jnd - files["coffee_jnd"]).max() < 1e-3
