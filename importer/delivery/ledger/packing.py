"""Columns packed into blobs, so that a batch of 10,000 contacts is one row of the ledger."""

from io import BytesIO

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.delivery.pieces import NAMED_SCHEMA, Named
from importer.models.outcomes import Reason

_HASHED = b"#H"


def pack(frame: pl.DataFrame) -> bytes:
    """Return a frame as compressed Arrow IPC."""
    buffer = BytesIO()
    frame.write_ipc(buffer, compression="zstd")
    return buffer.getvalue()


def unpack(blob: bytes) -> pl.DataFrame:
    """Return the frame of ``pack``."""
    return pl.read_ipc(BytesIO(blob))


def pack_phones(phones: pl.Series) -> bytes:
    """Return E.164 numbers (String) packed as UInt64, without their plus."""
    return pack(pl.DataFrame({"phone": phones.str.strip_prefix("+").cast(pl.UInt64)}))


def unpack_phones(blob: bytes) -> pl.Series:
    """Return the numbers of ``pack_phones`` in order, as E.164 (String?); null where one was forgotten or purged."""
    if is_hashed(blob):
        return pl.Series("phone", [None] * len(unpack_hashes(blob)[0]), dtype=pl.String)
    number = pl.col("phone")
    return unpack(blob).select(pl.when(number != 0).then("+" + number.cast(pl.String)).alias("phone")).to_series()


def unpack_numbers(blob: bytes) -> npt.NDArray[np.uint64]:
    """Return the numbers of ``pack_phones`` in order, without their plus."""
    return unpack(blob)["phone"].to_numpy()


def pack_hashes(hashes: npt.NDArray[np.uint64], salt: bytes) -> bytes:
    """Return the hashes of numbers packed, with their salt; they take the place of ``pack_phones``."""
    return _HASHED + salt + pack(pl.DataFrame({"hash": hashes}))


def unpack_hashes(blob: bytes) -> tuple[npt.NDArray[np.uint64], bytes]:
    """Return the hashes of ``pack_hashes`` in order, 0 where a number was forgotten, and their salt."""
    start = len(_HASHED) + 16
    return unpack(blob[start:])["hash"].to_numpy(), blob[len(_HASHED) : start]


def is_hashed(blob: bytes) -> bool:
    """Return True if the numbers of a batch are kept as hashes only."""
    return blob.startswith(_HASHED)


def pack_offsets(offsets: range | tuple[int, ...]) -> bytes:
    """Return offsets in a batch packed; a range as its bounds, in text."""
    if isinstance(offsets, range):
        return f"{offsets.start}-{offsets.stop}".encode()
    return b"#" + pack(pl.DataFrame({"offset": pl.Series(offsets, dtype=pl.UInt32)}))


def unpack_offsets(blob: bytes) -> range | tuple[int, ...]:
    """Return the offsets of ``pack_offsets``."""
    if blob.startswith(b"#"):
        return tuple(unpack(blob[1:])["offset"].to_list())
    start, stop = blob.decode().split("-")
    return range(int(start), int(stop))


def pack_named(named: tuple[Named, ...]) -> bytes | None:
    """Return named contacts packed; None if there are none."""
    rows = [(contact.offset, contact.reason.value, contact.detail, contact.contact_id) for contact in named]
    return pack(pl.DataFrame(rows, schema=NAMED_SCHEMA, orient="row")) if named else None


def unpack_named(blob: bytes | None) -> tuple[Named, ...]:
    """Return the contacts of ``pack_named``."""
    if blob is None:
        return ()
    rows = unpack(blob).iter_rows()
    return tuple(Named(offset, Reason(reason), detail, contact) for offset, reason, detail, contact in rows)
