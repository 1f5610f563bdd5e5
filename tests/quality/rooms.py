"""``python -m tests.quality.rooms [PACKAGE]``: the package as a house: rooms, files, and the arrows of its imports."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import importer

_SHORT = 60
"""Lines below which a file is hardly worth one."""


def imported(path: Path) -> Iterator[str]:
    """Names of the package's modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("importer."))
        elif isinstance(node, ast.ImportFrom) and node.module == "importer":
            yield from (f"importer.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("importer."):
            yield node.module or ""


def entry(package: Path, path: Path) -> str:
    """The entry at the package's root that a file belongs to: a folder, or a module."""
    return path.relative_to(package).parts[0].removesuffix(".py")


def arrows(package: Path) -> set[tuple[str, str]]:
    """Which entry of the root imports which other."""
    entries = {path.name.removesuffix(".py") for path in package.iterdir()}
    found = {(entry(package, path), name.split(".")[1]) for path in package.rglob("*.py") for name in imported(path)}
    return {(one, other) for one, other in found if one != other and other in entries}


def levels(pairs: set[tuple[str, str]]) -> int:
    """Floors of the house: entries on the longest way down, over imports."""

    @cache
    def height(one: str, seen: frozenset[str] = frozenset()) -> int:
        below = [height(other, seen | {one}) for some, other in pairs if some == one and other not in seen | {one}]
        return 1 + max(below, default=0)

    return max((height(one) for one, _ in pairs), default=0)


def main() -> None:
    """Print the figures of the package that runs, or of one in another checkout."""
    package = Path(sys.argv[1]) if sys.argv[1:] else Path(importer.__file__).parent
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in package.rglob("*.py")}
    pairs = arrows(package)
    longest = max(lines, key=lambda path: lines[path])
    entries = [path for path in package.iterdir() if path.name != "__pycache__"]
    print(f"entries at the root: {len(entries)}, folders among them: {sum(path.is_dir() for path in entries)}")
    print(f"Python files: {len(lines)}, below {_SHORT} lines: {sum(size < _SHORT for size in lines.values())}")
    print(f"import arrows between entries: {len(pairs)}, levels: {levels(pairs)}")
    print(f"longest file: {longest.relative_to(package)}, {lines[longest]} lines")


if __name__ == "__main__":
    main()
