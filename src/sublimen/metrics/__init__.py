"""Full-reference image quality, one number per image."""

from sublimen.metrics.base import Metric as Metric
from sublimen.metrics.beyond import (
    beyond_depth as beyond_depth,
    beyond_share as beyond_share,
    pspnr as pspnr,
)
from sublimen.metrics.ciede2000 import (
    ciede2000_max as ciede2000_max,
    ciede2000_mean as ciede2000_mean,
    ciede2000_p95 as ciede2000_p95,
)
from sublimen.metrics.distances import (
    l2 as l2,
    linf as linf,
    low_frequency_share as low_frequency_share,
)
from sublimen.metrics.flip import flip as flip
from sublimen.metrics.gmsd import gmsd as gmsd
from sublimen.metrics.iw_ssim import iw_ssim as iw_ssim
from sublimen.metrics.ms_ssim import ms_ssim as ms_ssim
from sublimen.metrics.psnr import (
    psnr as psnr,
    psnr_blue as psnr_blue,
    psnr_green as psnr_green,
    psnr_luma as psnr_luma,
    psnr_red as psnr_red,
)
from sublimen.metrics.ssim import ssim as ssim, ssim_luma as ssim_luma
from sublimen.metrics.ssimulacra2 import ssimulacra2 as ssimulacra2

DEFINITION = "Definition: mean squared error in decibels"
WANG = "Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 2004, eq. (13)"
SHARMA = "Sharma, Wu, Dalal, Color Res. Appl. 2005, eqs. (2) to (22)"

METRICS = {
    measure.__name__: Metric(
        name=measure.__name__,
        unit=unit,
        higher_is_better=higher,
        measure=measure,
        source=source,
        convention=convention,
    )
    for measure, unit, higher, convention, source in (
        (psnr, "dB", True, "all samples of all channels, peak 255", DEFINITION),
        (psnr_red, "dB", True, "R alone, peak 255", DEFINITION),
        (psnr_green, "dB", True, "G alone, peak 255", DEFINITION),
        (psnr_blue, "dB", True, "B alone, peak 255", DEFINITION),
        (psnr_luma, "dB", True, "BT.601 luma, full range, not rounded", DEFINITION),
        (ssim, "", True, "Gaussian window 11 x 11, sigma 1.5; mean of R, G, B", WANG),
        (ssim_luma, "", True, "the same on BT.601 luma", WANG),
        (
            ms_ssim,
            "",
            True,
            "5 scales; mean of R, G, B",
            "Wang, Simoncelli, Bovik, Asilomar 2003, eq. (7)",
        ),
        (iw_ssim, "", True, "5 scales; BT.601 luma", "Wang, Li, IEEE TIP 2011"),
        (
            gmsd,
            "",
            False,
            "BT.601 luma reduced by 2",
            "Xue, Zhang, Mou, Bovik, IEEE TIP 2014, eqs. (1) to (6)",
        ),
        (ciede2000_mean, "", False, "mean over the pixels, D65, 2 degrees", SHARMA),
        (ciede2000_p95, "", False, "5 % of the pixels exceed it", SHARMA),
        (ciede2000_max, "", False, "largest of all pixels", SHARMA),
        (
            low_frequency_share,
            "",
            False,
            "energy of the change that a blur of 8 pixels leaves; white noise has 0.0012",
            "Definition: share of the energy below a Gaussian of 8 pixels",
        ),
        (l2, "levels", False, "length over all samples", "Definition: Euclidean norm"),
        (linf, "levels", False, "largest change of a sample", "Definition: maximum norm"),
        (
            ssimulacra2,
            "",
            True,
            "version 2.1; 100 for equal images",
            "Sneyers, SSIMULACRA 2, version 2.1, 2023",
        ),
        (
            flip,
            "",
            False,
            "mean of the map at 37.84 pixels per degree",
            "Andersson et al., HPG 2020; constants of flip-evaluator 1.7",
        ),
    )
}
"""Metrics of two batches, by name."""
