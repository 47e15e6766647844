"""The command `sublimen measure`."""

from pathlib import Path

from rich.table import Table

from sublimen.cli.output import print_json, print_table


def measure(
    a: Path, b: Path, *, jnd: str = "wu-2017", map_limit: float = 1.0, json: bool = False
) -> None:
    """Say how photo B differs from photo A, both as read from their files.

    Args:
        a: The original.
        b: The changed photo, of the same size.
        jnd: JND model of the map, computed on A.
        map_limit: How many times the map a sample may differ before it counts as beyond.
        json: Print one JSON object instead of a table.
    """
    from sublimen.photo.measure import measure_files

    quality = measure_files(a, b, jnd=jnd, map_limit=map_limit)
    if json:
        print_json(
            {
                "reference": str(a),
                "distorted": str(b),
                "metrics": {"psnr": quality.psnr, "ssim": quality.ssim},
                "largest_change": quality.largest_change,
                "beyond_jnd": quality.beyond_jnd,
                "identical": quality.identical,
                "jnd": jnd,
                "map_limit": map_limit,
            }
        )
        return
    table = Table("measure", "value", "convention")
    psnr = "nothing differs" if quality.psnr is None else f"{quality.psnr:.2f} dB"
    table.add_row("PSNR", psnr, "all samples of all channels, peak 255")
    table.add_row(
        "SSIM", f"{quality.ssim:.5f}", "Gaussian window 11 x 11, sigma 1.5; mean of R, G, B"
    )
    table.add_row("largest change", f"{quality.largest_change} levels", "one sample, of 255")
    table.add_row(
        "beyond JND", f"{quality.beyond_jnd:.3%}", f"samples beyond {map_limit:g} x {jnd}"
    )
    print_table(table)
