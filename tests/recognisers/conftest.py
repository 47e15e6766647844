"""Layers of a network of the right shapes, made up, and the same as dlib would write them."""

import struct

import pytest
import torch

from sublimen.recognisers.dat import Record
from sublimen.recognisers.dlib_resnet import BLOCKS


def made_up_layers(seed=0):
    """Records of random parameters in forward order."""
    generator = torch.Generator().manual_seed(seed)

    def convolution(before, channels, side, stride):
        padding = 1 if stride == 1 else 0
        weights = torch.randn(channels * before * side**2, generator=generator)
        values = torch.cat([weights / (side * before**0.5), torch.zeros(channels)])
        settings = (channels, side, side, stride, stride, padding, padding)
        scale = torch.cat([torch.ones(channels), 0.1 * torch.randn(channels, generator=generator)])
        return [Record("con_4", values, settings), Record("affine_", scale, ())]

    layers = convolution(3, 32, 7, 2)
    before = 32
    for channels, halve in BLOCKS:
        layers += convolution(before, channels, 3, 2 if halve else 1)
        layers += convolution(channels, channels, 3, 1)
        before = channels
    last = torch.randn(256 * 128, generator=generator) / 16
    return [*layers, Record("fc_2", last, (128, 256))]


def integer(value):
    """An integer as dlib serialises it."""
    magnitude = abs(value)
    size = max(1, -(-magnitude.bit_length() // 8))
    return bytes([size | (0x80 if value < 0 else 0)]) + magnitude.to_bytes(size, "little")


def serialised(layers):
    """A file as dlib writes it, as far as the reader looks."""
    data = b"\x01\x01 something before"
    for layer in layers:
        values = struct.pack(f"<{len(layer.values)}f", *layer.values.tolist())
        tensor = b"".join(map(integer, (2, len(layer.values), 1, 1, 1))) + values
        settings = b"".join(map(integer, layer.settings))
        name = b"\x01" + bytes([len(layer.kind)]) + layer.kind.encode()
        data += name + (settings + tensor if layer.kind == "fc_2" else tensor + settings)
        data += b"\x01\x00"
    return data


@pytest.fixture(scope="session")
def layers():
    return made_up_layers()


@pytest.fixture
def write():
    return serialised
