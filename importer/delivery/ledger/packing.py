"""Columns packed into blobs, so that a batch of 10,000 contacts is one row of the ledger."""

from io import BytesIO

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.delivery.pieces import NAMED_SCHEMA, Named
from importer.models.outcomes import Reason


def pack(frame: pl.DataFrame) -> bytes:
    """A frame as compressed Arrow IPC."""
    buffer = BytesIO()
    frame.write_ipc(buffer, compression="zstd")
    return buffer.getvalue()


def unpack(blob: bytes) -> pl.DataFrame:
    """The frame again."""
    return pl.read_ipc(BytesIO(blob))


def pack_phones(phones: pl.Series) -> bytes:
    """E.164 numbers (String) as numbers."""
    return pack(pl.DataFrame({"phone": phones.str.strip_prefix("+").cast(pl.UInt64)}))


def unpack_phones(blob: bytes) -> pl.Series:
    """The E.164 numbers again, in order."""
    return unpack(blob).select("+" + pl.col("phone").cast(pl.String)).to_series()


def unpack_numbers(blob: bytes) -> npt.NDArray[np.uint64]:
    """The numbers without their plus, in order."""
    return unpack(blob)["phone"].to_numpy()


def pack_offsets(offsets: range | tuple[int, ...]) -> bytes:
    """Places in a batch; a range as its bounds."""
    if isinstance(offsets, range):
        return f"{offsets.start}-{offsets.stop}".encode()
    return b"#" + pack(pl.DataFrame({"offset": pl.Series(offsets, dtype=pl.UInt32)}))


def unpack_offsets(blob: bytes) -> range | tuple[int, ...]:
    """The places again."""
    if blob.startswith(b"#"):
        return tuple(unpack(blob[1:])["offset"].to_list())
    start, stop = blob.decode().split("-")
    return range(int(start), int(stop))


def pack_named(named: tuple[Named, ...]) -> bytes | None:
    """Named contacts; None where there are none."""
    rows = [(contact.offset, contact.reason.value, contact.detail, contact.contact_id) for contact in named]
    return pack(pl.DataFrame(rows, schema=NAMED_SCHEMA, orient="row")) if named else None


def unpack_named(blob: bytes | None) -> tuple[Named, ...]:
    """The named contacts again."""
    if blob is None:
        return ()
    rows = unpack(blob).iter_rows()
    return tuple(Named(offset, Reason(reason), detail, contact) for offset, reason, detail, contact in rows)
