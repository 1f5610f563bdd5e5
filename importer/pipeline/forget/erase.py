"""A person taken out of one run: its rows stay as lines with their outcomes, so the books balance, and are empty.

Everything else in the folder is written again from the emptied rows. Each step can be done again after a kill.
"""

import json
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl

from importer.account.undo.account import CSV as UNDO
from importer.delivery import Ledger
from importer.delivery.ledger.erasing import forget_contacts
from importer.errors import StoppedError
from importer.models.frames import RAW
from importer.pipeline.books import write_books
from importer.pipeline.forget.proof import terms_in
from importer.pipeline.forget.terms import Search
from importer.storage.decisions import Decisions
from importer.storage.run_folder import ROWS, RunFolder
from importer.system.new_file import new_file

GONE = "forgotten"
_EMPTIED = ("phone", "first_name", "last_name", "email", "metadata", "contact_id", "extra_cells")
_WAY_OUT = "Make room or give permission, and run the same command again."
_COPIES = ("marked-*", "*-edited-*", "report-*.xlsx", ".*.part", "drafts/*", "cluster/**/*", UNDO)
"""Files of a run that are copies of its rows, and are not written again by ``importer report``."""


def erase_from_run(folder: RunFolder, ledger: Ledger, positions: Sequence[int], search: Search) -> list[str]:
    """Take a person's rows out of a run, and write its files again; return the names of copies that were deleted.

    The run is at its end, and the caller holds it.

    Args:
        folder: the run's.
        ledger: open.
        positions: of the person's rows.
        search: finds what else is theirs.

    Raises:
        StoppedError: a file cannot be read or written.
    """
    rows = folder.settled_rows().filter(pl.col("position").is_in(list(positions)))
    known = rows.select("source", "sheet", "row", "batch", "offset").collect()
    places: dict[int, list[int]] = {}
    for batch, offset in known.select("batch", "offset").drop_nulls().iter_rows():
        places.setdefault(batch, []).append(offset)
    Decisions(folder.path).forget(set(known.select("source", "sheet", "row").iter_rows()))
    forget_contacts(ledger, folder.run_id, places, positions, search.cleaned)
    for part in folder.parts().paths:
        _empty_rows(part, positions)
    for decided in folder.path.glob("decided-*.jsonl"):
        _empty_decided(decided, search)
    _empty_sandbox(folder.path / "sandbox.sqlite", search.terms.phone)
    record = folder.record()
    folder.save(type(record).model_validate(_cleaned(record.model_dump(mode="json"), search)))
    return _delete_copies(folder.path, search)


def write_again(folder: RunFolder, positions: Sequence[int]) -> None:
    """Write a run's rows and reports again from the emptied rows. The caller does not hold the run.

    Raises:
        LedgerError: the ledger does not know what the run has sent.
        StoppedError: another process holds it, or a file cannot be written.
    """
    with folder.locked():
        _empty_rows(folder.path / ROWS, positions)
        retry = folder.path / "retry.xlsx"
        for ours in (retry, retry.with_suffix(".csv")):
            # They are written anew; one that a person has edited would be moved aside, with its rows.
            for path in (ours, ours.with_name(f"{ours.name}.sha256")):
                path.unlink(missing_ok=True)
    write_books(folder)


def _empty_rows(path: Path, positions: Sequence[int]) -> None:
    """Empty rows of a Parquet file, whole or not at all."""
    is_theirs = pl.col("position").is_in(list(positions))
    rows = pl.scan_parquet(path, glob=False)
    if not rows.select(is_theirs.any()).collect().item():
        return
    columns = rows.collect_schema()
    emptied = [name for name in columns if name in _EMPTIED or name.startswith(RAW)]
    told = pl.col("detail").is_not_null() & is_theirs
    after = rows.with_columns(
        *(pl.when(~is_theirs).then(name).alias(name) for name in emptied),
        detail=pl.when(told).then(pl.lit(GONE)).otherwise("detail"),
    )
    about = {key: value for key, value in pl.read_parquet_metadata(path).items() if not key.startswith("ARROW")}
    with new_file(path, _WAY_OUT) as part, part.open("wb") as file:
        after.collect().write_parquet(file, compression="lz4", statistics=False, metadata=about or None)
        file.flush()
        os.fsync(file.fileno())


def _empty_decided(path: Path, search: Search) -> None:
    """Empty the person's rows in a file of decided rows."""
    lines = path.read_text("utf-8").splitlines()
    after = lines[:1]
    for line in lines[1:]:
        table, row, cells = json.loads(line)
        is_theirs = search.is_in("\n".join(str(cell) for cell in cells if cell))
        after.append(json.dumps([table, row, [None] * len(cells)]) if is_theirs else line)
    if after != lines:
        with new_file(path, _WAY_OUT) as part:
            part.write_text("\n".join(after) + "\n", "utf-8")


def _empty_sandbox(path: Path, phone: str) -> None:
    """Delete the contact from the sandbox that a rehearsal had in its own folder, and the bodies that it kept."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as db:
            db.execute("PRAGMA secure_delete = ON")
            db.execute("DELETE FROM contacts WHERE phone = ?", (phone,))
            for table in ("jobs", "answers"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - constants; a run at its end asks for none of them again
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        way_out = "End what uses it, and run the same command again."
        raise StoppedError(f"{path} cannot be used ({error}). {way_out}") from None


def _cleaned(value: Any, search: Search) -> Any:
    """Return a JSON value with the texts that name the person replaced; keys, and texts of others, stay."""
    if isinstance(value, dict):
        return {key: _cleaned(one, search) for key, one in value.items()}
    if isinstance(value, list):
        return [_cleaned(one, search) for one in value]
    return GONE if isinstance(value, str) and search.is_in(value) else value


def _delete_copies(folder: Path, search: Search) -> list[str]:
    """Delete copies of rows that hold the person; return their names."""
    deleted = []
    for pattern in _COPIES:
        for path in sorted(folder.glob(pattern)):
            if path.is_file() and terms_in(path, search):
                path.unlink()
                path.with_name(f"{path.name}.sha256").unlink(missing_ok=True)
                deleted.append(path.name)
    return deleted
