"""Where the evaluation data is, which the project does not ship."""

import os
from pathlib import Path

from sublimen.errors import PhotoError


def evaluation_data() -> Path:
    """The folder that `SUBLIMEN_DATA` names, else `../shared/data`.

    Raises:
        PhotoError: If there is no such folder.
    """
    folder = Path(os.environ.get("SUBLIMEN_DATA", Path("..") / "shared" / "data"))
    if not folder.is_dir():
        raise PhotoError(
            f"{folder} must be the folder of the evaluation photos, got nothing there; set "
            "SUBLIMEN_DATA or give --data"
        )
    return folder
