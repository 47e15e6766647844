"""Protects a photo from Python and prints what was achieved.

python examples/protect_a_photo.py me.jpg
"""

import sys
from pathlib import Path

from sublimen.photo.options import SearchOptions
from sublimen.photo.panel import load_panel
from sublimen.photo.protect import Job
from sublimen.photo.write import output_path


def main(photo: Path) -> None:
    """Protect one photo at 0.8 JND, with a short search."""
    job = Job(
        source=photo,
        target=output_path(photo, None),
        panel=load_panel(),
        how=SearchOptions(visibility=0.8, effort="quick"),
    )
    protection = job.run().protection
    print(f"{protection.output}: {protection.status}")
    for face in protection.faces:
        for reading in face.recognisers:
            print(f"{reading.name} as {reading.role}: {reading.before:.2f} -> {reading.after:.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
