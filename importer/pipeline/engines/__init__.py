"""Engines: where and how many at a time the rows are read and staged. The rows do not depend on the engine.

``row_plan`` holds what must be known of a run to stage a row: by value, so that it can be sent to another process or
machine. ``row_stages`` is the one function from rows as read to staged rows. ``pieces`` opens a table by value and
stages all of it, ``ranges`` reads and stages some lines of one: for engines whose workers read by themselves. What
needs other rows (duplicates, earlier runs, batches) stays with the run: ``importer.pipeline.preparation``.

``spark`` is no such engine: a cluster does the other half as well, and writes the run's parts itself (``tasks``).

A new engine is one file here with a class like ``Inline``, and one line in ``ENGINES``.
"""

from importer.pipeline.engines.engine import Engine
from importer.pipeline.engines.inline import Inline
from importer.pipeline.engines.processes import Processes
from importer.pipeline.plan import Plan
from importer.settings.settings import Settings

ENGINES: tuple[type[Engine], ...] = (Inline, Processes)
"""The last that suits a run's plan and settings stages its rows; the first suits all."""


def engine_for(plan: Plan, settings: Settings) -> type[Engine]:
    """Return the engine that stages the rows of this plan."""
    return next(engine for engine in reversed(ENGINES) if engine.suits(plan, settings))
