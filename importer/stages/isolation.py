"""A stage that fails on a value: the rows with such values are settled, and all others go on.

A stage works on columns, so that one value which it cannot take fails it for the whole chunk. The rows at fault are
found by halving, and of each the values that fail the stage by themselves are left out. No run is ended by what one
person typed into one cell.
"""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from importer.errors import ImporterError
from importer.models.frames import META, PHONE, RAW, settle
from importer.models.outcomes import Reason

Stage = Callable[[pl.DataFrame], pl.DataFrame]

_ENDS_A_RUN = (ImporterError, MemoryError)
"""Errors that say nothing of a row: a person must see to them, or the machine lacks something."""
_FAULTS = (Exception, pl.exceptions.PanicException)
"""All other errors; a panic of polars is no ``Exception``."""
_VALUES = frozenset({"first_name", "last_name", "full_name", "email", "region", "phone"})
_PREFIXES = (RAW, PHONE, META)
"""The columns with values that a stage works on: these, and those with these prefixes."""


def isolated(stage: Stage, frame: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
    """Return what the stage makes of the frame; rows on which it fails are settled as ``field-invalid``.

    The detail names the columns, and these values are null from there on; ``raw:`` columns stay as they are. It costs
    nothing where the stage does not fail, else the stage twice, and for each row at fault some forty calls on few rows.

    Args:
        stage: one that looks at each row by itself.
        frame: its rows.
        columns: for ``first_name`` and its like the column of the file that fills it; the name itself where not told.

    Raises:
        ImporterError, MemoryError: as the stage does.
        Exception: the stage fails on a row without any value, which is no row's fault.
    """
    made: dict[int, pl.DataFrame] = {}
    stretches = [(0, frame.height)]
    while stretches:
        start, rows = stretches.pop()
        part = frame.slice(start, rows)
        answer = _tried(stage, part)
        if isinstance(answer, pl.DataFrame):
            if rows == frame.height:
                return answer
            made[start] = answer
        elif rows > 1:
            stretches += [(start, rows // 2), (start + rows // 2, rows - rows // 2)]
        else:
            made[start] = _settled(stage, part, answer, columns)
    # Diagonal: a stage adds some columns (meta:title) only to frames that need them.
    return pl.concat([made[start] for start in sorted(made)], how="diagonal").with_columns(_raw(frame))


def _tried(stage: Stage, frame: pl.DataFrame) -> pl.DataFrame | BaseException:
    """Return what the stage makes of the frame, or the error that it raises."""
    try:
        return stage(frame)
    # First, since these are among the faults below: what they tell is no row's fault.
    except _ENDS_A_RUN:
        raise
    except _FAULTS as fault:
        return fault


def _settled(stage: Stage, row: pl.DataFrame, fault: BaseException, columns: Mapping[str, str]) -> pl.DataFrame:
    """Return what the stage makes of a row without the values that it fails on."""
    filled = [name for name in row.columns if _is_value(name) and row[name].null_count() == 0]
    alone = [name for name in filled if not isinstance(_tried(stage, _without(row, filled, name)), pl.DataFrame)]
    at_fault = alone or filled  # where none fails it by itself, they do together
    names = ", ".join(f'"{columns.get(name) or _bare(name)}"' for name in at_fault)
    what = f"({type(stage).__name__.lower()}: {type(fault).__name__})"
    row = settle(row, Reason.FIELD_INVALID, pl.lit(value=True), f"importer fails on what {names} holds {what}")
    return stage(_without(row, at_fault))


def _without(row: pl.DataFrame, names: Sequence[str], but: str | None = None) -> pl.DataFrame:
    """Return the row with null in these columns, ``but`` for one of them."""
    return row.with_columns(pl.lit(None, row.schema[name]).alias(name) for name in names if name != but)


def _is_value(name: str) -> bool:
    return name in _VALUES or name.startswith(_PREFIXES)


def _bare(name: str) -> str:
    return next((name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)), name)


def _raw(frame: pl.DataFrame) -> list[pl.Series]:
    return [column for column in frame.get_columns() if column.name.startswith(RAW)]
