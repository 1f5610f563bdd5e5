"""The settings of a command: what was typed, and what is found in ``importer.toml``, which is said."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from importer.cli.bugs import note_runs
from importer.cli.loudness import is_quiet
from importer.cli.text import printable
from importer.settings.found_files import FoundFile, found_files
from importer.settings.settings import Settings, load_settings


def loaded(flags: dict[str, Any]) -> Settings:
    """Return the settings of a command that imports no list.

    Suppression lists of the user's own file are for imports: a run remembers those that it was begun with.

    Raises:
        UsageError: naming the option, file or variable that is wrong.
    """
    return _loaded(flags, None, [FoundFile(f.path, _without_lists(f)) for f in found_files([])])


def loaded_for_import(flags: dict[str, Any], profile: Path | None, lists: Sequence[Path]) -> Settings:
    """Return the settings of an import of these lists; suppression lists that are found are added to all others.

    Raises:
        UsageError: as ``loaded``.
    """
    found = found_files(lists)
    settings = _loaded(flags, profile, found)
    more = (Path(path) for file in found for path in file.values.get("suppress", ()))
    return settings.model_copy(update={"suppress": tuple(dict.fromkeys((*settings.suppress, *more)))})


def _loaded(flags: dict[str, Any], profile: Path | None, found: Sequence[FoundFile]) -> Settings:
    below: dict[str, Any] = {}
    for file in reversed(found):
        below |= _without_lists(file)
    settings = load_settings(flags, profile, below)
    note_runs(settings.runs)
    for file in found:
        if file.values and not is_quiet():
            words = f"Settings from {file.path}: {', '.join(file.values)}"
            Console(stderr=True).print(Text(printable(words), "dim"), soft_wrap=True)
    return settings


def _without_lists(file: FoundFile) -> dict[str, Any]:
    return {name: value for name, value in file.values.items() if name != "suppress"}
