"""The report of a bug: a file that says where in the program it is, without anybody's data.

It has the versions, the command and the traceback. Left out are the messages of errors and the values of variables,
which may hold cells or the key, and of the command all but names of commands, options, files and runs.
"""

import os
import platform
import re
import sys
import sysconfig
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from importer import __version__

_DISTRIBUTION = "contacts-importer"
_PACKAGE = Path(__file__).parents[1]
_PLACES = (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"))
_HARMLESS = re.compile(r"[A-Za-z]{2}|\d{1,5}|latest|\d{8}-\d{6}-\d{3}")
"""Values of arguments that are nobody's: a region, a small number, a run."""
_FOLDER: ContextVar[Path | None] = ContextVar("folder", default=None)


def note_runs(runs: Path) -> None:
    """Note the folder of runs that the command works in: a report lies there, or in the run that is begun."""
    _FOLDER.set(runs)


def note_run(run_id: str) -> None:
    """Note the run that the command works on."""
    if (runs := _FOLDER.get()) is not None and (runs / run_id).is_dir():
        _FOLDER.set(runs / run_id)


def told(error: BaseException, commands: Iterable[str]) -> str:
    """Write the report of an error that nothing foresaw, and return what to tell the user.

    Args:
        error: as it was caught.
        commands: the names of all commands, which are the only plain words of the command that are kept.
    """
    *_, place = traceback.extract_tb(error.__traceback__)
    what = f"This is a bug: {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}."
    folder = _FOLDER.get() or Path("runs")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(".txt", time.strftime("bug-%Y%m%d-%H%M%S-"), folder)  # mode 0600
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(f"{line}\n" for line in _report(error, frozenset(commands)))
    except OSError as refused:
        return f"{what} Its report cannot be written into {folder} ({refused.strerror})."
    return (
        f"{what} Its report is {path}: it holds nobody's data. Look through it, and send it to the maintainers, with "
        "what you did, as an issue where you got importer from."
    )


def _report(error: BaseException, commands: frozenset[str]) -> Iterator[str]:
    yield f"importer {__version__}, {platform.python_implementation()} {platform.python_version()}"
    yield f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores"
    yield f"with {', '.join(_libraries())}"
    yield f"command: importer {' '.join(_masked(sys.argv[1:], commands))}"
    yield ""
    yield from _traced(error, set())


def _libraries() -> Iterator[str]:
    """Yield each library that the distribution needs, with its version."""
    try:
        needed = [re.split(r"[^\w.-]", line)[0] for line in requires(_DISTRIBUTION) or () if "extra ==" not in line]
    except PackageNotFoundError:
        return
    for name in needed:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"no {name}"


def _masked(arguments: list[str], commands: frozenset[str]) -> Iterator[str]:
    """Yield the arguments of the command without what may be somebody's; a path becomes its name."""
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if argument.startswith("-"):
            yield f"{name}{equals}{_value(value) if equals else ''}" if re.fullmatch(r"-{1,2}[a-z-]+", name) else "…"
        else:
            yield argument if argument in commands else _value(argument)


def _value(text: str) -> str:
    if _HARMLESS.fullmatch(text):
        return text
    return Path(text).name if os.path.exists(text) else "…"  # noqa: PTH110 - no error for what is no path


def _traced(error: BaseException, seen: set[int]) -> Iterator[str]:
    """Yield the traceback of an error after those that it came of, without messages and without values."""
    seen.add(id(error))
    of = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if of is not None and id(of) not in seen:
        yield from _traced(of, seen)
        yield "which led to"
    for frame in traceback.extract_tb(error.__traceback__):
        place = _place(frame.filename)
        yield f"  {place or Path(frame.filename).name}, line {frame.lineno}, in {frame.name}"
        if place and frame.line:
            yield f"    {frame.line}"
    yield f"{type(error).__module__}.{type(error).__qualname__} (its message is left out)"
    for one in getattr(error, "exceptions", ()):
        yield "with"
        yield from _traced(one, seen)


def _place(filename: str) -> str | None:
    """Return the path of a file of this program, Python or a library, from their folder on; None for any other."""
    if Path(filename).is_relative_to(_PACKAGE):
        return str(Path(filename).relative_to(_PACKAGE.parent))
    for folder in _PLACES:
        if Path(filename).is_relative_to(folder):
            return str(Path(filename).relative_to(folder))
    return None
