"""The commands as Python calls: ``importer.run``, ``inspect``, ``resume``, ``verify``, ``retry``, ``undo``.

For notebooks and orchestrators: nothing is printed and nobody is asked, no signal handler, environment variable or
current folder is touched, and no call ends the process. Each does what the command of its name does, with the same
settings in the same precedence (argument, environment, profile, default). ``importer docs python`` has examples.

Every error is an ``importer.errors.ImporterError`` that says what to do; an option ``--like-this`` in its words is the
argument ``like_this``. What became of rows is never an error but in ``Run.summary`` and ``Run.rows``: also of a run
that stopped halfway, whose ``summary.exit_code`` is 4, and whose ``stopped_because`` says why.

``handle`` has ``Run`` and what all calls share, ``new_runs`` the calls that begin with files, ``earlier_runs`` those
that begin with a run, ``watched`` the thread that works and how the caller's hears of it.
"""

from importer.account.undo import UndoSummary
from importer.models.watching import Stop
from importer.pipeline.inspection.inspect import Inspection
from importer.pipeline.library.earlier_runs import resume, retry, undo, verify
from importer.pipeline.library.handle import Run
from importer.pipeline.library.new_runs import inspect, run
from importer.pipeline.library.watched import Progress
from importer.storage.summary import Summary

__all__ = [
    "Inspection",
    "Progress",
    "Run",
    "Stop",
    "Summary",
    "UndoSummary",
    "inspect",
    "resume",
    "retry",
    "run",
    "undo",
    "verify",
]
