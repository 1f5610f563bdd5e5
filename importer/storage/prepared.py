"""A prepared run: its rows are staged, its batches made, and nothing was sent. A folder that can travel.

``DIR/prepared.json`` (``Prepared``, written last), ``DIR/parts/`` (``importer.storage.parts``) and, where the run has
suppression lists, ``DIR/suppressed.parquet``. It has no ``run.json``: only ``importer send`` takes it for a run.
"""

import json
import socket
from collections.abc import Iterable, Iterator, Sequence
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
from importer.system.places import Place

FILE_NAME = "prepared.json"
PARTS = "parts"
_CLAIM = "sent-by.json"
_NUMBERS_AT_ONCE = 20_000_000
"""Numbers compared in memory together, 8 bytes each."""


Ends = tuple[str | None, str | None, int]
"""Outcome, reason (both None: to send) and the rows that end so."""


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
    def read(cls, place: Place) -> "Prepared":
        """Read the description of a prepared run.

        Raises:
            UsageError: there is none, or it is damaged or of another version.
        """
        path = f"{place}/{FILE_NAME}"
        try:
            return cls.model_validate(json.loads(place.read(FILE_NAME)))
        except FileNotFoundError:
            raise UsageError(
                f"{place} holds no prepared run: {FILE_NAME} is missing. Make one: importer prepare FILE --out DIR"
            ) from None
        except OSError as error:
            raise UsageError(f"{path} cannot be read ({error.strerror}).") from None
        except (RecursionError, ValueError):  # a ValidationError is one
            raise UsageError(f"{path} is damaged or of another version. Prepare the run again.") from None


def describe(record: Record, ends: Iterable[Ends], parts: list[PreparedPart], batch_size: int) -> Prepared:
    """Return the description of a run whose rows are all prepared.

    Args:
        record: of the run.
        ends: how many rows end as what; the same end may come several times.
        parts: in the order of the rows.
        batch_size: contacts in a request.
    """
    reasons: dict[str, dict[str, int]] = {}
    for outcome, reason, count in sorted(ends, key=lambda end: (end[0] or "", end[1] or "")):
        own = reasons.setdefault(outcome or Outcome.PLANNED.value, {})
        own[reason or "ready"] = own.get(reason or "ready", 0) + count
    to_send = sum(reasons.get(Outcome.PLANNED.value, {}).values())
    return Prepared(
        record=record,
        rows=record.rows,
        to_send=to_send,
        batches=-(-to_send // batch_size),
        batch_size=batch_size,
        reasons=reasons,
        parts=parts,
    )


def ends_of(parts: Parts) -> list[Ends]:
    """Return how many rows of a run end as what."""
    rows = parts.scan().with_columns(pl.col("outcome", "reason").cast(pl.String))
    return rows.group_by("outcome", "reason").len().collect().rows()


def described(parts: Parts) -> list[PreparedPart]:
    """Return the parts of a run as its description has them."""
    return [PreparedPart(name=path.name, rows=_height(path), sha256=digest(path)) for path in parts.paths]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def check(folder: Path, prepared: Prepared, place: Place) -> None:
    """Raise unless the parts are those described, and hold whole batches in order and each number once.

    Args:
        folder: with a copy of them.
        prepared: their description.
        place: where they were copied from.

    Raises:
        RefusedError: names what differs; nothing was sent.
    """
    paths = [folder / part.name for part in prepared.parts]
    for part, path in zip(prepared.parts, paths, strict=True):
        if digest(path) != part.sha256:
            raise unfit(place, f"{part.name} is not as it was written")
    position = sent = 0
    for part, path in zip(prepared.parts, paths, strict=True):
        frame = pl.scan_parquet(path, glob=False).select("position", "reason", "batch", "offset", "phone").collect()
        opened = frame.filter(pl.col("reason").is_null())
        at = (opened["batch"].cast(pl.Int64) - 1) * prepared.batch_size + opened["offset"]
        are_gapless = _counts_from(frame["position"], position, part.rows)
        has_batches = opened.height == frame["batch"].count() and _counts_from(at, sent, opened.height)
        if not (are_gapless and has_batches and opened["phone"].null_count() == 0):
            raise unfit(place, f"the rows or batches of {part.name} do not follow those before")
        position, sent = position + frame.height, sent + opened.height
    if (position, sent) != (prepared.rows, prepared.to_send):
        raise unfit(place, f"it holds {position:,} rows, {sent:,} to send, where {prepared.rows:,} were prepared")
    if _has_repeated(paths, sent):
        raise unfit(place, "a number is to be sent twice")


def claim(place: Place, runs: Path) -> None:
    """Note in the prepared run that the ledger in ``runs`` sends it; raise if another one does.

    Two ledgers that do not know of each other would send every contact twice.

    Raises:
        UsageError: it is another ledger's, or the note cannot be written.
    """
    mine = {"host": socket.gethostname(), "runs": str(runs.resolve())}
    try:
        if place.claim(_CLAIM, json.dumps(mine).encode()):
            return
        known = json.loads(place.read(_CLAIM))
    except ValueError:
        known = {}
    except OSError as error:
        raise UsageError(
            f"{place}/{_CLAIM} cannot be written ({error.strerror}), so it cannot be noted who sends this run. "
            "Give permission."
        ) from None
    if known != mine:
        who = f"{known.get('host')}, with the runs in {known.get('runs')}" if known else "somebody else"
        go_on = f"importer resume {Prepared.read(place).record.run_id}"
        raise UsageError(
            f"{place} is sent by {who}; there it goes on with {go_on}. "
            "Nothing was sent from here; two ledgers would send each contact twice."
        )


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


def unfit(place: Place, why: str) -> RefusedError:
    """Return what refuses a prepared run."""
    return RefusedError(f"The prepared run {place} is not whole: {why}. Nothing was sent. Prepare it again.")
