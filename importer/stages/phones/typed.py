"""One phone number as a person types it, read as an import reads a cell."""

from collections.abc import Sequence

import polars as pl

from importer.errors import UsageError
from importer.models.frames import OUTCOME, PHONE, REASON
from importer.stages.phones import Phones


def read_number(text: str, region: str | None) -> str:
    """Return the E.164 form of a number in any spelling.

    Args:
        text: as typed.
        region: the country of numbers without one, ISO 3166 alpha-2.

    Raises:
        UsageError: it is no valid number, or needs a region; in the words of an import.
    """
    if not text.strip():
        raise UsageError("Give a phone number.")
    phone, why = read_numbers([text], region)[0]
    if phone is None:
        raise UsageError(f"That is no phone number that can be sent: {why}.")
    return phone


def read_numbers(texts: Sequence[str | None], region: str | None) -> list[tuple[str | None, str]]:
    """Return for each text its number in E.164, or None and why it is none, in the words of an import.

    Args:
        texts: as typed; empty ones are no numbers.
        region: the country of numbers without one, ISO 3166 alpha-2.
    """
    cells = [(text or "").strip() or None for text in texts]
    cell = pl.DataFrame({f"{PHONE}number": pl.Series(cells, dtype=pl.String)}).with_columns(
        region=pl.lit(None, pl.String),
        outcome=pl.lit(None, OUTCOME),
        reason=pl.lit(None, REASON),
        detail=pl.lit(None, pl.String),
        changes=pl.lit(None, pl.String),
    )
    read = Phones(region)(cell).select("phone", "detail")
    return [(phone, str(detail or "").removeprefix("number: ")) for phone, detail in read.iter_rows()]
