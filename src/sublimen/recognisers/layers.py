"""Convolutions as TensorFlow pads them, for networks that come from there."""

from torch import nn


def convolution(
    before: int, after: int, kernel: int = 1, *, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """A convolution with TensorFlow's padding `SAME` on maps of even size.

    With stride 2 the one row and column that are missing are added at the far end only.

    Args:
        before: Channels that come in.
        after: Channels that go out.
        kernel: Height and width of the filters, odd.
        stride: Pixels from one place to the next, 1 or 2.
        groups: Into how many independent parts the channels fall.
    """
    near, far = (kernel // 2, kernel // 2) if stride == 1 else (kernel // 2 - 1, kernel // 2)
    return nn.Sequential(
        nn.ZeroPad2d((near, far, near, far)),
        nn.Conv2d(before, after, kernel, stride, groups=groups),
    )
