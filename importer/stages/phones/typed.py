"""One phone number as a person types it, read as an import reads a cell."""

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
    cell = pl.DataFrame({f"{PHONE}number": [text.strip()]}).with_columns(
        region=pl.lit(None, pl.String),
        outcome=pl.lit(None, OUTCOME),
        reason=pl.lit(None, REASON),
        detail=pl.lit(None, pl.String),
        changes=pl.lit(None, pl.String),
    )
    read = Phones(region)(cell)
    phone: str | None = read["phone"].item()
    if phone is None:
        why = str(read["detail"].item()).removeprefix("number: ")
        raise UsageError(f"That is no phone number that can be sent: {why}.")
    return phone
