"""Which room of the package may import which: the house's plan, so that it cannot rot."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import importer
from tests.support.platforms import CALLS, MODULES, SIGNALS

PACKAGE = Path(importer.__file__).parent
FLOORS = (
    {"cli"},
    {"desk", "jobs"},
    {"pipeline"},
    {"account"},
    {"delivery", "reports"},
    {"readers", "stages", "targets", "storage"},
    {"settings", "sandbox"},
    {"system"},
    {"models"},
    {"errors"},
)
"""From the top down: a room imports from floors below its own, and from no other room of its floor."""

FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ROOT_FILES = {"Dockerfile", "LICENSE", "__init__.py", "__main__.py", "errors.py", "py.typed"}


def imports(source: str) -> Iterator[str]:
    """Every module of the package that a program's text imports, by its full name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("importer."))
        elif isinstance(node, ast.ImportFrom) and node.module == "importer":
            yield from (f"importer.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("importer."):
            yield node.module or ""


def climbs(room: str, source: str) -> list[str]:
    """The imports that lead up, or into a neighbour on the same floor."""
    taken = {name.split(".")[1] for name in imports(source)} - {room, "__version__"}
    return sorted(other for other in taken if FLOOR_OF[other] <= FLOOR_OF[room])


def platform_names(source: str) -> Iterator[str]:
    """What a program's text uses that only some systems have."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            lacking = {"os": CALLS, "signal": SIGNALS, "sys": ("platform",)}.get(node.module or "", ())
            yield from (alias.name for alias in node.names if alias.name in lacking or node.module in MODULES)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            lacking = {"os": (*CALLS, "name"), "signal": SIGNALS, "sys": ("platform",)}.get(node.value.id, ())
            yield from (f"{node.value.id}.{node.attr}" for _ in [0] if node.attr in lacking)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (node.value for _ in [0] if node.value.startswith(("/proc", "/dev/fd", "/sys/")))
        elif isinstance(node, ast.keyword) and node.arg in {"pass_fds", "preexec_fn"}:
            yield str(node.arg)


@pytest.mark.parametrize("room", sorted(FLOOR_OF.keys() - {"errors", "system"}))
def test_only_one_room_knows_what_systems_lack(room: str) -> None:
    """``importer.system`` asks for it and does without; what uses it elsewhere would not run on Windows."""
    found = {
        str(path.relative_to(PACKAGE)): sorted(platform_names(path.read_text("utf-8")))
        for path in (PACKAGE / room).rglob("*.py")
    }
    assert {path: names for path, names in found.items() if names} == {}


def test_what_systems_lack_is_found() -> None:
    """However it is taken."""
    source = (
        "import fcntl\nfrom os import fork\nos.pread(1)\nsignal.SIGHUP\nsys.platform\nPath('/proc/self')\nf(pass_fds=1)"
    )
    names = ["fcntl", "fork", "os.pread", "signal.SIGHUP", "sys.platform", "/proc/self", "pass_fds"]
    assert sorted(platform_names(source)) == sorted(names)


def test_the_root_holds_the_rooms_and_nothing_else() -> None:
    """A module that has no room has no place."""
    entries = {path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    assert entries == ROOT_FILES | (FLOOR_OF.keys() - {"errors"})


@pytest.mark.parametrize("room", sorted(FLOOR_OF.keys() - {"errors"}))
def test_no_import_runs_back_up(room: str) -> None:
    """Cli → desk, jobs → pipeline → account → delivery, reports → readers, stages, targets, storage → errors."""
    found = {
        str(path.relative_to(PACKAGE)): climbs(room, path.read_text("utf-8")) for path in (PACKAGE / room).rglob("*.py")
    }
    assert {path: rooms for path, rooms in found.items() if rooms} == {}


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("stages", "from importer.pipeline.run import run_import"),
        ("models", "import importer.settings.settings"),
        ("readers", "def late():\n    from importer import stages"),
        ("reports", "from importer.delivery.ledger import history"),
    ],
)
def test_an_import_that_leads_up_is_found(room: str, source: str) -> None:
    """Inside a function, of a whole package, or of a neighbour."""
    assert climbs(room, source)


def test_no_test_module_imports_another() -> None:
    """What several need lies in ``support``."""
    tests = Path(__file__).parents[1]
    wrong = [
        str(path.relative_to(tests))
        for path in tests.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[-1].startswith("test_")
    ]
    assert wrong == []
