"""What became of a photo, in a few lines for people."""

from typing import Final

from sublimen.cli.output import people
from sublimen.photo.result import FaceResult, Protection, Reading, UploadResult
from sublimen.visibility.words import sentence

HEADLINES: Final = {
    "protected": "[green]protected[/]: no recogniser that was asked matches the saved file",
    "partly": "[yellow]partly protected[/]: some faces still match",
    "not-protected": "[red]not protected[/]: the faces still match",
    "no-face": "[yellow]no face found[/]: nothing was written",
}
"""What each status means, for people."""


def summarise(protection: Protection) -> None:
    """Say in a few lines what was achieved, and what cannot be promised."""
    console = people()
    console.print(f"{protection.input}: {HEADLINES[protection.status]}")
    for face in protection.faces:
        _face(face, protection)
    quality = protection.quality
    if quality is not None:
        psnr = "nothing differs" if quality.psnr is None else f"PSNR {quality.psnr:.1f} dB"
        console.print(
            f"  {psnr}, SSIM {quality.ssim:.4f}, largest change {quality.largest_change} levels, "
            f"{quality.beyond_jnd:.2%} of the samples beyond {protection.map_limit:g} x "
            f"the {protection.jnd} map"
        )
        if protection.visibility is not None:
            console.print(f"  {sentence(protection.visibility)}")
        console.print(f"  saved: {protection.output}")
    for note in protection.notes:
        console.print(f"  {note}")
    console.print(f"  {protection.limits}")


def _face(face: FaceResult, protection: Protection) -> None:
    console = people()
    x0, y0, x1, y1 = face.box
    console.print(
        f"  face at {x0},{y0},{x1},{y1}: changed by up to {face.factor:.2f} of "
        f"{protection.map_limit:g} x {protection.jnd}"
    )
    for reading in face.recognisers:
        _reading(reading)
    for upload in face.survival[1:]:
        console.print(f"    after {protection.uploads[upload.upload]}: {_after(upload)}")
    if face.note:
        console.print(f"    {face.note}")


def _reading(reading: Reading) -> None:
    console = people()
    verdict = "still matches" if reading.matches else "no match"
    console.print(
        f"    {reading.name} ({reading.role}): distance {reading.before:.2f} -> "
        f"{reading.after:.2f}, matches up to {reading.threshold:.3g} "
        f"({reading.false_match_rate:.1%} of different people do): {verdict}"
    )
    for what, nearest in (
        ("nearest other photo", reading.gallery),
        ("nearest protected photo", reading.apart),
        ("nearest photo of --towards", reading.towards),
    ):
        if nearest is not None:
            console.print(f"      {what}: {nearest.before:.2f} -> {nearest.after:.2f}")


def _after(upload: UploadResult) -> str:
    """What is left of it after an upload."""
    if not upload.found:
        return "the face is not found, which is no success"
    still = [reading.name for reading in upload.recognisers if reading.matches]
    return f"still matched by {', '.join(still)}" if still else "no match"
