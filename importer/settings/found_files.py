"""Settings that are found: ``importer.toml`` beside the list, and in the user's own folder for configuration.

The user's own file may hold what a profile may. The one beside the list may have come with it, from anybody: it may say
how the list is to be read, and may make an import more careful, and nothing else. So nobody who sends a list decides
where it, the key or the account's data go, or whose numbers are left out of a list of those who are not to be called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from importer.errors import UsageError
from importer.settings.profile import ADDRESS, read_profile
from importer.settings.settings import Settings
from importer.system.folders import settings_folder
from importer.system.private import is_writable_by_others

NAME = "importer.toml"
OF_THE_LIST = ("region", "map", "sheet", "keep", "full_workbooks")
MORE_CAREFUL = ("dry_run", "needs_approval", "snapshot")
"""Switches that the file beside a list may turn on, and never off."""
BESIDE = (*OF_THE_LIST, *MORE_CAREFUL, "suppress")
OWN = tuple(name for name in Settings.model_fields if name not in (*ADDRESS, "job"))
_OF_KEYS = ("key", "token", "secret", "password", "bearer")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of settings that was found, and what it sets; paths are absolute."""

    path: Path
    values: Mapping[str, Any]


def user_file() -> Path:
    """Return the path of the user's own file, where this system keeps such files."""
    return settings_folder() / "importer" / NAME


def found_files(lists: Sequence[Path]) -> list[FoundFile]:
    """Return the files of settings that are there, the one that beats the others first.

    Args:
        lists: that are imported; the file beside them counts if they all lie in one folder.

    Raises:
        UsageError: a file is not to be used: it cannot be read, is not right, sets what it may not, or is the user's
            own and can be written by others.
    """
    own = user_file()
    folders = {path.absolute().parent for path in lists}
    beside = folders.pop() / NAME if len(folders) == 1 else None
    found = []
    if beside is not None and beside.is_file() and not (own.is_file() and beside.samefile(own)):
        found.append(_read(beside, BESIDE, is_own=False))
    if own.is_file():
        if is_writable_by_others(own):
            raise UsageError(f"Others can write {own}, and so your settings. Run: chmod go-w {own}")
        found.append(_read(own, OWN, is_own=True))
    return found


def _read(path: Path, known: Sequence[str], *, is_own: bool) -> FoundFile:
    values = read_profile(path, "file of settings")
    flaws = [_unknown(name, known, is_own=is_own) for name in values if name not in known]
    if not is_own:
        flaws += [f"{name} can only be true here." for name in MORE_CAREFUL if values.get(name, True) is not True]
    if flaws:
        raise UsageError(f"The file of settings {path}: {' '.join(flaws)}")
    if "suppress" in values:
        values["suppress"] = _lists(path, values["suppress"], is_own=is_own)
    for name in ("runs", "client_cert"):
        if isinstance(given := values.get(name), str):
            values[name] = str(path.absolute().parent / Path(given).expanduser())
    try:
        Settings.model_validate(values)
    except ValidationError as error:
        flaws = [f"{flaw['loc'][0]}: {str(flaw['msg']).removeprefix('Value error, ')}" for flaw in error.errors()]
        raise UsageError(f"The file of settings {path}: {'; '.join(flaws)}.") from None
    return FoundFile(path, values)


def _unknown(name: str, known: Sequence[str], *, is_own: bool) -> str:
    """Return a sentence that says why a key is not taken, and what is near it."""
    if any(part in name.lower() for part in _OF_KEYS):
        return f"{name}: no such file holds a key. It comes from VOXPRIA_API_KEY or VOXPRIA_API_KEY_FILE."
    if not is_own and name in Settings.model_fields:
        return (
            f"{name} is not for a file that may have come with the list: set it in {user_file()}, in a --profile or by "
            f"--{name.replace('_', '-')}."
        )
    nearest = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"There is no {name}; " + (f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known)}.")


def _lists(path: Path, given: Any, *, is_own: bool) -> list[str]:
    """Return the suppression lists that a file names, from its own folder; beside a list only those that lie there.

    Raises:
        UsageError: one lies elsewhere, or they are no paths.
    """
    named = [given] if isinstance(given, str) else given
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise UsageError(f"The file of settings {path}: suppress is a path, or a list of them.")
    folder = path.absolute().parent
    paths = [folder / Path(one).expanduser() for one in named]
    if not is_own and (far := [str(one) for one in paths if one.parent != folder]):
        raise UsageError(f"The file of settings {path}: suppress names {', '.join(far)}, which does not lie beside it.")
    return [str(one) for one in paths]
