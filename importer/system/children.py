"""Child processes: this interpreter with a module of this very package. No other process is ever started.

A child takes no code from where somebody works, whatever lies there under the name of a module:

* ``-P`` keeps the current folder and a script's own off the path of modules. So no ``json.py`` beside a list is run.
* ``-E`` leaves out ``PYTHONPATH``, ``PYTHONSTARTUP``, ``PYTHONHOME`` and all their like, which a shell's profile or the
  project in the current folder may have set. A child finds this package by its place (``isolated``) and the libraries
  where its interpreter has them installed, as the environment of an installation, editable or not, has them.
* It works in the root folder, so that a path that is not absolute means nothing to it.
* Of the environment it has what ``_KEPT`` names and what is given for it alone: the key goes to the sandbox only.

For the main process, Python itself decides before the first line of ours runs. The command ``importer`` does not look
into the current folder. ``python -m importer`` does, for this package itself; ``importer.__main__`` then takes the
folder off the path before anything else is imported. ``PYTHONPATH`` holds there as its owner set it.
"""

import os
import signal
import site
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO

_START = Path(__file__).with_name("isolated.py")
_KEPT = frozenset({"DYLD_LIBRARY_PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "TZ"})
"""Of the environment, beside ``LC_…``: the language, the place of temporary files, libraries and user packages."""


def start(  # noqa: PLR0913 - each is named where it is called
    module: str,
    *arguments: str,
    variables: Mapping[str, str],
    stdin: int = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    pass_fds: Collection[int] = (),
    has_own_session: bool = False,
) -> "subprocess.Popen[bytes]":
    """Start ``importer``'s ``module`` as a process; what it writes to its standard error goes nowhere.

    Args:
        module: its full name.
        arguments: paths among them are absolute.
        variables: environment variables that this child has beside the few that all have.
        stdin: a descriptor, or a constant of ``subprocess``.
        stdout: likewise.
        pass_fds: open files that the child has under the same numbers.
        has_own_session: whether what the terminal sends, such as Ctrl-C, does not reach it.
    """
    flags = ["-P", "-E", "-X", f"utf8={sys.flags.utf8_mode}", *([] if site.ENABLE_USER_SITE else ["-s"])]
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("LC_")}
    return subprocess.Popen(  # noqa: S603 - this interpreter and this package; no shell reads the arguments
        [sys.executable, *flags, str(_START), module, *arguments],
        cwd="/",
        env=kept | dict(variables),
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        pass_fds=tuple(pass_fds),
        start_new_session=has_own_session,
    )


def was_stopped(exit_code: int) -> bool:
    """Whether a child ended by a signal that reaches every process of a terminal or job, so is no fault of its work."""
    return exit_code in (-signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP)
