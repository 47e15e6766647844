"""The calibration as tables for people."""

from sublimen.bench.calibrate import NEAR, SHARE, Residual, Study
from sublimen.bench.distortions import DISTORTIONS
from sublimen.visibility.calibration import NODES


def markdown(study: Study) -> str:
    """Curves, bands, and what each meter makes of each kind of change."""
    calibration = study.calibration
    versions = ", ".join(f"{name} {number}" for name, number in calibration.versions.items())
    low, high = NEAR
    return "\n".join(
        [
            "# Calibration of the meters of visibility",
            "",
            f"Made {calibration.made} by `sublimen bench calibrate` for the display "
            f"{calibration.display}; {len(study.consensus)} changed windows; {versions}.",
            "",
            "<!-- --8<-- [start:tables] -->",
            "",
            "## Scores at 0.25, 0.5, 1 and 2 JND",
            "",
            f"Band: {SHARE:.0%} of the residuals on JPEG windows of {low} to {high} JND are "
            "smaller, as a share of the consensus, the geometric mean of CVVDP and SSIMULACRA 2. "
            "People: half the 68 % interval of the JND of the crops of the human study around a "
            "score of 1 JND.",
            "",
            "| meter | "
            + " | ".join(f"{node:g} JND" for node in NODES)
            + " | from | band | people "
            "| steers |",
            "| --- |" + " --- |" * (len(NODES) + 4),
            *_curves(study),
            "",
            "## Each meter's JND over the consensus, near 1 JND",
            "",
            "Median, with the 16 % and 84 % points. 1 means agreement.",
            "",
            "| change | windows | SSIMULACRA 2 / CVVDP | " + " | ".join(calibration.curves) + " |",
            "| --- |" + " --- |" * (len(calibration.curves) + 2),
            *_kinds(study),
            "",
            "<!-- --8<-- [end:tables] -->",
            "",
        ]
    )


def _curves(study: Study) -> list[str]:
    lines = []
    for name, curve in study.calibration.curves.items():
        scores = " | ".join(f"{score:.4g}" for score in curve.scores)
        people = f"{study.people[name]:.0%}" if name in study.people else "-"
        steers = "yes" if curve.steers else f"no: {curve.reason}"
        lines.append(
            f"| {name} | {scores} | {curve.source} | {curve.band:.0%} | {people} | {steers} |"
        )
    return lines


def _kinds(study: Study) -> list[str]:
    lines = []
    for distortion in DISTORTIONS:
        row = [r for r in study.residuals if r.distortion == distortion.name]
        apart = study.disagreement.get(distortion.name)
        factor = "-" if apart is None else f"{apart:.2f}"
        cells = " | ".join(_cell(residual) for residual in row)
        lines.append(f"| {distortion.name} | {row[0].rows} | {factor} | {cells} |")
    return lines


def _cell(residual: Residual) -> str:
    if residual.median is None:
        return "-"
    return f"{residual.median:.2f} [{residual.low:.2f}, {residual.high:.2f}]"
