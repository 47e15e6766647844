"""The command `sublimen attack`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sublimen.cli.attack_options import USUAL, AttackOptions
from sublimen.errors import SettingError


def attack(
    *images: Path,
    using: str,
    recogniser: str,
    output: Annotated[Path, Parameter(alias="-o")],
    how: Annotated[AttackOptions, Parameter(name="*")] = USUAL,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Change images until a classifier misreads the files that are written.

    Each result is judged on its file as it is read back. Images that are not misread are not
    written unless asked for. Status 0: all are misread. 1: some are not. 2: bad input.

    Args:
        images: JPEG, PNG, WebP, TIFF or HEIC files, or folders with some; names are kept.
        using: Attack that searches, see sublimen models.
        recogniser: Classifier: efficientnet-lite0, timm:NAME, torchvision:NAME, onnx:CARD.toml,
            identities:FOLDER, or package.module:attribute for one of your own.
        output: Folder to write to.
        how: What is wanted, how far it may go, and what is written.
        json: Print one JSON object an image instead of a table.
    """
    if not images:
        raise SettingError("IMAGE must name at least one file, got none; see sublimen attack -h")
    from sublimen.cli.attacking import Run

    return Run.of(using, recogniser, how).all(images, output, json=json)
