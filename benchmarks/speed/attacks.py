"""PGD and BIM of ours against other libraries', and what a step of ours costs beyond the model.

    python benchmarks/speed/attacks.py

The model is EfficientNet-Lite0, the images are eight of the NIPS 2017 set. Each attack runs in a
process of its own, one after the other, so that its peak of memory is its own; a library that is
not installed is a sentence. Steps and the bare forward and backward of the same model are timed in
turns, and the medians are compared, so that a loaded machine slows both. Tables are Markdown.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from time import process_time
from typing import Final

import torch
from attack import STEPS, TURNS, alone_and_within
from torch import nn

from sublimen.attacks import Bim, Lattice, Pgd, Recognition, Untargeted
from sublimen.attacks.base import Attack
from sublimen.bench.places import evaluation_data
from sublimen.bench.plan import Pictures
from sublimen.bench.subjects import Subjects, pictures, subjects
from sublimen.errors import MissingExtraError
from sublimen.interop import Theirs
from sublimen.photo.versions import versions
from sublimen.recognisers.loading import load
from sublimen.recognisers.recogniser import Recogniser
from sublimen.types import Images, Logits

COUNT, TIMED = 8, 2
LIBRARIES: Final = ("torchattacks", "foolbox", "adv-lib", "adversarial-robustness-toolbox")
OURS: Final[Mapping[str, Attack]] = {
    "pgd": Pgd(steps=10, step_size=0.25),
    "bim": Bim(steps=10, step_size=0.25),
}
THEIRS: Final[Mapping[str, Attack]] = {
    name: Theirs(make=f"sublimen.interop.peers:{name}", batch=COUNT)
    for name in ("torchattacks_pgd", "torchattacks_bim", "foolbox_pgd", "art_bim")
}
STEPPING: Final[Mapping[str, Attack]] = {
    "pgd": Pgd(steps=STEPS + 1),
    "lattice": Lattice(steps=STEPS + 1, probes=0, patience=STEPS + 1),
}


class Stubborn(nn.Module):
    """A recogniser that answers class 0 whatever it sees, but whose gradient is not zero."""

    def __init__(self, recogniser: Recogniser) -> None:
        super().__init__()
        self.recogniser = recogniser

    def forward(self, images: Images) -> Logits:
        """The logits in (-1, 1), but for the first, which is above."""
        logits = (self.recogniser.model(images) / 10).tanh()
        return torch.cat([logits[:, :1] + 3, logits[:, 1:]], dim=1)


def seen(recogniser: Recogniser, count: int) -> Subjects:
    """The first images of the set, with their classes."""
    wanted = Pictures(source="nips17", count=count)
    return subjects(pictures(wanted, recogniser, evaluation_data()), recogniser)


def measure(name: str) -> None:
    """Run one attack in this process, and print what it did and took as JSON."""
    torch.set_num_threads(1)
    recogniser = load("efficientnet-lite0")
    found = seen(recogniser, COUNT)
    problem = Recognition(recogniser.model, Untargeted(found.labels))
    begun = process_time()
    try:
        outcome = {**OURS, **THEIRS}[name](problem, found.images)
    except MissingExtraError as error:
        print(json.dumps({"missing": str(error)}))
        return
    taken = {
        "success": int(outcome.reached.sum()),
        "gradients": outcome.gradients.double().mean().item(),
        "forwards": outcome.forwards.double().mean().item(),
        "seconds": (process_time() - begun) / COUNT,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10,
    }
    print(json.dumps(taken))


def compare() -> None:
    """Print the table of the attacks; gradients are compared where as many images succeed."""
    print(f"Within 8/255, 10 steps of 2/255, {COUNT} images of 224 x 224, untargeted.\n")
    print("| attack | success | gradients | of ours | forward passes | CPU s an image | peak MiB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    ours: dict[str, Mapping[str, float]] = {}
    sentences = []
    for name in (*OURS, *THEIRS):
        command = [sys.executable, __file__, name]
        ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        taken = json.loads(ran.stdout.splitlines()[-1])
        if "missing" in taken:
            sentences.append(f"{name} was not run: {taken['missing']}.")
            continue
        like = ours.setdefault(name.rpartition("_")[2], taken)
        equal = taken["success"] == like["success"]
        ratio = f"{taken['gradients'] / like['gradients']:.2f} x" if equal else "-"
        print(
            f"| {name} | {taken['success']}/{COUNT} | {taken['gradients']:.2f} | {ratio} "
            f"| {taken['forwards']:.2f} | {taken['seconds']:.3f} | {taken['peak']:.0f} |"
        )
    print("\n" + "\n".join(sentences))


def overheads() -> None:
    """Print the table of the steps."""
    recogniser = load("efficientnet-lite0")
    images, model = seen(recogniser, TIMED).images, Stubborn(recogniser)
    labels = torch.zeros(TIMED, dtype=torch.int64)
    print(f"A step beyond the bare forward and backward, {TIMED} images, medians of {TURNS}.\n")
    print("| attack | bare, ms | step, ms | ratio |")
    print("| --- | --- | --- | --- |")
    for name, attack in STEPPING.items():
        alone, within = alone_and_within(attack, model, images, labels)
        print(f"| {name} | {1e3 * alone:.1f} | {1e3 * within:.1f} | {within / alone:.3f} |")


def main() -> None:
    """Print versions and tables."""
    torch.set_num_threads(1)
    print(", ".join(f"{name} {number}" for name, number in versions().items()))
    for library in LIBRARIES:
        try:
            print(f"{library} {version(library)}")
        except PackageNotFoundError:
            print(f"{library} is not installed")
    print()
    compare()
    overheads()


if __name__ == "__main__":
    measure(sys.argv[1]) if sys.argv[1:] else main()
