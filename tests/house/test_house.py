"""What must be true of the whole house."""

import ast
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sublimen
from sublimen import errors
from sublimen.attacks import ATTACKS
from sublimen.catalogue import source
from sublimen.jnd import JND_MODELS
from sublimen.metrics import METRICS
from sublimen.recognisers import CLASSIFIERS, RECOGNISERS
from sublimen.visibility import METERS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "sublimen").rglob("*.py"))
PACKAGES = sorted({path.parent for path in SOURCES} - {ROOT / "src" / "sublimen"})
CATALOGUES = {
    "attacks": ATTACKS,
    "jnd": JND_MODELS,
    "recognisers": {**RECOGNISERS, **CLASSIFIERS},
    "visibility": METERS,
}
PAIRS = [(package, entry) for package, names in CATALOGUES.items() for entry in names.values()]


@pytest.mark.parametrize("entry", [entry for _, entry in PAIRS])
def test_every_entry_is_final_and_names_its_source(entry):
    assert getattr(entry, "__final__", False)
    assert re.search(r"\b(19|20)\d\d\b", source(entry))
    assert entry.name == Path(inspect.getfile(entry)).stem.replace("_", "-")


@pytest.mark.parametrize(("package", "entry"), PAIRS)
def test_every_entry_has_a_test_file_and_a_place_in_the_guide(package, entry):
    stem = Path(inspect.getfile(entry)).stem
    guide = (ROOT / "docs" / "guide" / f"{package}.md").read_text("utf-8")

    assert (ROOT / "tests" / package / f"test_{stem}.py").is_file()
    assert f"`{entry.name}`" in guide


@pytest.mark.parametrize("package", CATALOGUES)
def test_every_class_that_has_a_name_is_in_the_catalogue(package):
    named = set()
    for path in (ROOT / "src" / "sublimen" / package).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "name":
                named |= {ast.literal_eval(node.value)} if node.value else set()

    assert named - {"dlib", "calibrated"} == set(CATALOGUES[package])


def test_every_metric_names_its_source():
    assert all(metric.source for metric in METRICS.values())


def test_no_source_file_is_longer_than_three_hundred_lines():
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in SOURCES}

    assert not {name: length for name, length in lengths.items() if length > 300}


def test_every_deliberate_error_is_drawn_in_the_tree():
    drawn = set(re.findall(r"\w+Error", inspect.getdoc(errors) or "")) - {"ValueError"}
    made = {name for name, value in vars(errors).items() if inspect.isclass(value)}

    assert made <= drawn
    assert all(issubclass(getattr(errors, name), errors.SublimenError) for name in made)


def loaded_by(*arguments: str) -> set[str]:
    """The modules in memory after a command."""
    script = (
        "import sys, json, runpy, contextlib, io\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    {arguments[0]}\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(json.loads(ran.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "statement",
    [
        "import sublimen",
        "from sublimen.cli.main import main; main(['--help'])",
        "from sublimen.cli.main import main; main(['protect', '--help'])",
        "from sublimen.cli.main import main; main(['--version'])",
    ],
)
def test_help_needs_neither_torch_nor_dlib(statement):
    assert not loaded_by(statement) & {"torch", "dlib", "PIL", "scipy", "jinja2"}


def test_recognisers_are_imported_without_dlib():
    loaded = loaded_by("import sublimen.recognisers, sublimen.attacks, sublimen.jnd")

    assert not loaded & {"dlib", "face_recognition_models", "torchvision", "timm", "matplotlib"}
    assert not loaded & {"onnx", "onnx2torch", "huggingface_hub", "google.protobuf"}


def test_the_public_names_are_those_on_record():
    record = json.loads((Path(__file__).parent / "api.json").read_text("utf-8"))

    assert public_names() == record, "run: python tests/house/test_house.py"


def public_names() -> dict[str, list[str]]:
    """What each package exports by `import X as X` or defines in its `__init__`.

    Entries of the catalogues are not counted: they are on record there.
    """
    entries = {entry.__name__ for names in CATALOGUES.values() for entry in names.values()}
    names = {}
    for package in PACKAGES:
        tree = ast.parse((package / "__init__.py").read_text("utf-8"))
        exported = [
            alias.asname
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if alias.asname == alias.name
        ]
        constants = [
            ast.unparse(node.targets[0]) for node in tree.body if isinstance(node, ast.Assign)
        ]
        names[package.name] = sorted({*exported, *constants} - entries)
    return names


def test_the_version_is_that_of_the_changelog():
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert f"## [{sublimen.__version__}]" in changelog or "## [Unreleased]" in changelog


if __name__ == "__main__":
    place = Path(__file__).parent / "api.json"
    place.write_text(json.dumps(public_names(), indent=2) + "\n", "utf-8")
