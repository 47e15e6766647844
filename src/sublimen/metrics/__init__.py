"""Full-reference image quality, one number per image."""

from sublimen.metrics.base import Metric as Metric
from sublimen.metrics.psnr import psnr as psnr
from sublimen.metrics.ssim import ssim as ssim

METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            name="psnr",
            unit="dB",
            higher_is_better=True,
            measure=psnr,
            source="Definition; mean squared error over all samples of all channels",
        ),
        Metric(
            name="ssim",
            unit="",
            higher_is_better=True,
            measure=ssim,
            source="Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 2004, eq. (13)",
        ),
    )
}
