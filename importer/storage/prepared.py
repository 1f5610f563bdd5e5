"""A prepared run: its rows are staged, its batches made, and nothing was sent. A folder that can travel.

``DIR/prepared.json`` (``Prepared``, written last), ``DIR/parts/`` (``importer.storage.parts``) and, where the run has
suppression lists, ``DIR/suppressed.parquet``. It has no ``run.json``: only ``importer send`` takes it for a run.
"""

import json
import os
import socket
from collections.abc import Iterator, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from importer.errors import RefusedError, UsageError
from importer.models.outcomes import Outcome
from importer.storage.parts import Parts
from importer.storage.run_folder import Record

FILE_NAME = "prepared.json"
_CLAIM = "sent-by.json"
_NUMBERS_AT_ONCE = 20_000_000
"""Numbers compared in memory together, 8 bytes each."""


class PreparedPart(BaseModel):
    """A file of ``parts/``: its name, its rows and the SHA-256 of its bytes."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    name: str
    rows: int
    sha256: str


class Prepared(BaseModel):
    """The prepared rows, in figures that whoever sends them counts again.

    Attributes:
        record: of the run, as ``run.json`` will have it.
        rows: all rows.
        to_send: rows that belong to a batch.
        batches: of ``batch_size`` contacts each, the last one perhaps of fewer.
        reasons: rows by outcome and reason; ``planned`` and ``ready`` are those to send.
        parts: in the order of the rows.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True)

    version: Literal[1] = 1
    record: Record
    rows: int
    to_send: int
    batches: int
    batch_size: int
    reasons: dict[str, dict[str, int]]
    parts: list[PreparedPart]

    @classmethod
    def read(cls, folder: Path) -> "Prepared":
        """Read the description of a prepared run.

        Raises:
            UsageError: there is none, or it is damaged or of another version.
        """
        path = folder / FILE_NAME
        try:
            return cls.model_validate(json.loads(path.read_bytes()))
        except FileNotFoundError:
            raise UsageError(
                f"{folder} holds no prepared run: {FILE_NAME} is missing. Make one: importer prepare FILE --out DIR"
            ) from None
        except OSError as error:
            raise UsageError(f"{path} cannot be read ({error.strerror}).") from None
        except (RecursionError, ValueError):  # a ValidationError is one
            raise UsageError(f"{path} is damaged or of another version. Prepare the run again.") from None


def describe(record: Record, parts: Parts, batch_size: int) -> Prepared:
    """Return the description of a run whose rows are all prepared."""
    rows = parts.scan().with_columns(pl.col("outcome", "reason").cast(pl.String))
    counted = rows.group_by("outcome", "reason").len().sort("outcome", "reason").collect()
    reasons: dict[str, dict[str, int]] = {}
    for outcome, reason, count in counted.iter_rows():
        reasons.setdefault(outcome or Outcome.PLANNED.value, {})[reason or "ready"] = count
    to_send = sum(reasons.get(Outcome.PLANNED.value, {}).values())
    return Prepared(
        record=record,
        rows=record.rows,
        to_send=to_send,
        batches=-(-to_send // batch_size),
        batch_size=batch_size,
        reasons=reasons,
        parts=[PreparedPart(name=path.name, rows=_height(path), sha256=digest(path)) for path in parts.paths],
    )


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def check(folder: Path, prepared: Prepared) -> None:
    """Raise unless the parts are those described, and hold whole batches in order and each number once.

    Raises:
        RefusedError: names what differs; nothing was sent.
    """
    paths = [folder / "parts" / part.name for part in prepared.parts]
    there = sorted((folder / "parts").glob("*.parquet"))
    if there != sorted(paths):
        raise _unfit(folder, f"it holds {len(there):,} parts where {len(paths):,} were prepared, or others")
    for part, path in zip(prepared.parts, paths, strict=True):
        if digest(path) != part.sha256:
            raise _unfit(folder, f"{part.name} is not as it was written")
    position = sent = 0
    for part, path in zip(prepared.parts, paths, strict=True):
        frame = pl.scan_parquet(path, glob=False).select("position", "reason", "batch", "offset", "phone").collect()
        opened = frame.filter(pl.col("reason").is_null())
        place = (opened["batch"].cast(pl.Int64) - 1) * prepared.batch_size + opened["offset"]
        are_gapless = _counts_from(frame["position"], position, part.rows)
        has_batches = opened.height == frame["batch"].count() and _counts_from(place, sent, opened.height)
        if not (are_gapless and has_batches and opened["phone"].null_count() == 0):
            raise _unfit(folder, f"the rows or batches of {part.name} do not follow those before")
        position, sent = position + frame.height, sent + opened.height
    if (position, sent) != (prepared.rows, prepared.to_send):
        raise _unfit(folder, f"it holds {position:,} rows, {sent:,} to send, where {prepared.rows:,} were prepared")
    if _has_repeated(paths, sent):
        raise _unfit(folder, "a number is to be sent twice")


def claim(folder: Path, runs: Path) -> None:
    """Note in the prepared run that the ledger in ``runs`` sends it; raise if another one does.

    Two ledgers that do not know of each other would send every contact twice.

    Raises:
        UsageError: it is another ledger's, or the note cannot be written.
    """
    mine = {"host": socket.gethostname(), "runs": str(runs.resolve())}
    path = folder / _CLAIM
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(mine, file)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        try:
            known = json.loads(path.read_bytes())
        except (OSError, ValueError):
            known = {}
        if known != mine:
            who = f"{known.get('host')}, with the runs in {known.get('runs')}" if known else "somebody else"
            go_on = f"importer resume {Prepared.read(folder).record.run_id}"
            raise UsageError(
                f"{folder} is sent by {who}; there it goes on with {go_on}. "
                "Nothing was sent from here; two ledgers would send each contact twice."
            ) from None
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror}), so it cannot be noted who sends this run. Give permission."
        ) from None


def _height(path: Path) -> int:
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def _counts_from(values: pl.Series, first: int, rows: int) -> bool:
    """Return True if these are so many whole numbers, one after the other from ``first`` on."""
    wanted = pl.int_range(first, first + rows, dtype=pl.Int64, eager=True)
    return values.len() == rows and bool((values.cast(pl.Int64) == wanted).all())


def _has_repeated(paths: Sequence[Path], count: int) -> bool:
    """Return True if two rows to send have one number; reads the numbers as often as memory demands."""
    passes = count // _NUMBERS_AT_ONCE + 1
    for which in range(passes):
        shares = [numbers[numbers % passes == which] for numbers in _numbers_to_send(paths)]
        share = np.sort(np.concatenate(shares)) if shares else np.empty(0)
        if bool((share[1:] == share[:-1]).any()):
            return True
    return False


def _numbers_to_send(paths: Sequence[Path]) -> Iterator["np.ndarray[tuple[int], np.dtype[np.uint64]]"]:
    for path in paths:
        rows = pl.scan_parquet(path, glob=False).filter(pl.col("batch").is_not_null())
        yield rows.select(pl.col("phone").str.slice(1).cast(pl.UInt64)).collect().to_series().to_numpy()


def _unfit(folder: Path, why: str) -> RefusedError:
    return RefusedError(f"The prepared run {folder} is not whole: {why}. Nothing was sent. Prepare it again.")
