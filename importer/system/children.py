"""Child processes: this interpreter with a module of this package. No other program is ever started.

A child loads no code from the folder where somebody works, whatever file there has the name of a module:

* ``-P`` keeps the current folder and the script's folder off ``sys.path``. So no ``json.py`` beside a list is run.
* ``-E`` ignores ``PYTHONPATH``, ``PYTHONSTARTUP``, ``PYTHONHOME`` and the like, which a shell's profile or the project
  in the current folder may have set. A child finds this package by its location (``isolated``) and the libraries in
  the interpreter's site-packages, editable installation or not.
* It works in the root folder, so a relative path means nothing to it.
* It gets the environment variables in ``_KEPT`` and those passed for it alone: only the sandbox gets the key.

For the main process, Python sets ``sys.path`` before our first line runs. The command ``importer`` does not search the
current folder. ``python -m importer`` does, to find this package; ``importer.__main__`` removes the folder before
anything else is imported. ``PYTHONPATH`` stays in force there, as its owner set it.
"""

import os
import signal
import site
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import IO

from importer.system.opening import knows_descriptors
from importer.system.signals import ENDING

_START = Path(__file__).with_name("isolated.py")
_KEPT = frozenset({"DYLD_LIBRARY_PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "TZ"}) | frozenset(
    {"APPDATA", "SYSTEMROOT", "TEMP", "TMP", "USERPROFILE"}  # their like on Windows, where Python needs the second
)
"""Environment variables that children keep, beside ``LC_…``: language, temporary folder, libraries, user packages."""


def start(  # noqa: PLR0913 - each is named where it is called
    module: str,
    *arguments: str,
    variables: Mapping[str, str],
    stdin: int = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    hands: Collection[int | IO[bytes]] = (),
    has_own_session: bool = False,
) -> "subprocess.Popen[bytes]":
    """Start ``importer``'s ``module`` as a process; its standard error is discarded.

    Args:
        module: its full name.
        arguments: paths among them must be absolute.
        variables: environment variables for this child, beside the few in ``_KEPT``.
        stdin: a descriptor, or a constant of ``subprocess``.
        stdout: likewise.
        hands: open files, or descriptors, that the child takes by the text of ``opening.handed``.
        has_own_session: True keeps the terminal's signals, such as Ctrl-C, from the child.
    """
    # `-s` is passed on, because `-E` hides the variable that may have switched user packages off.
    flags = ["-P", "-E", "-X", f"utf8={sys.flags.utf8_mode}", *([] if site.ENABLE_USER_SITE else ["-s"])]
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("LC_")}
    return subprocess.Popen(  # noqa: S603 - this interpreter and this package; no shell reads the arguments
        [sys.executable, *flags, str(_START), module, *arguments],
        cwd="/",
        env=kept | dict(variables),
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        pass_fds=[one if isinstance(one, int) else one.fileno() for one in hands] if knows_descriptors() else (),
        start_new_session=has_own_session,
    )


def was_stopped(exit_code: int) -> bool:
    """Return True if a child ended by a signal that stops a whole terminal or job: no fault of the child's work."""
    return -exit_code in ENDING


def fork_each(workers: Sequence[Sequence[int]], work: Callable[..., None]) -> None:
    """Fork a process for each worker and call ``work`` in it with its descriptors; end them when stdin closes.

    For a child of ``start`` with ``PIPE`` as its stdin, which has no thread and used no library that starts some. What
    it loaded, its workers need not load. Signals that stop a terminal or a job are left to the process that started
    it, which closes stdin, or is gone and thereby closes it.
    """
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    pids = []
    for place, descriptors in enumerate(workers):
        pid = os.fork()
        if not pid:
            # A descriptor that another worker holds as well would not close when that one ends.
            os.close(0)
            for others in workers[place + 1 :]:
                for descriptor in others:
                    os.close(descriptor)
            try:
                work(*descriptors)
            finally:
                os._exit(0)  # whatever became of it: what follows is for the process that forked it
        pids.append(pid)
        for descriptor in descriptors:
            os.close(descriptor)
    os.read(0, 1)
    for pid in pids:
        # Not yet waited for, so the number is still that of the worker, even if it has ended.
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
