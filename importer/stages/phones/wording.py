"""The words of a row's detail: what is wrong with its number and what to do, without the number."""

import polars as pl

from importer.models.outcomes import Reason
from importer.stages.phones.oracle import Fault

_DAMAGED = (
    "a spreadsheet shortened or rounded the number and its last digits are lost; get it from where the list was made"
)
_HOMELESS = "written without its country, and none is known; give --region, or write it with + and its country's code"
_STRAY = (
    "written without its country, and the row's country is not understood; write that as a name or code such as DE, "
    "or write the number with + and its country's code"
)
_DOUBLE = "can be read with its first digits as the country's code or without; write it with + and its country's code"

_INVALID = {
    Fault.NOT_A_NUMBER: ("not a phone number", "write it with + and its country's code"),
    Fault.NO_REGION: ("too short for a number", "write it with + and its country's code"),
    Fault.UNKNOWN_CODE: ("no country has the code that it starts with", "correct the digits after the +"),
    Fault.TOO_SHORT: ("too short for a number", "look for missing digits"),
    Fault.TOO_LONG: ("too long for a number", "look for digits too many, or for two numbers in one cell"),
    Fault.NO_AREA_CODE: ("too short for a number", "put the area code before it, or look for missing digits"),
    Fault.WRONG_LENGTH: ("not as many digits as a number", "look for missing digits or digits too many"),
    Fault.NOT_ASSIGNED: ("not in the numbering plan", "look for a mistyped digit or for another country"),
}
"""What is wrong, to be followed by ``of`` and the country where it is known; and what to do."""


def missing(columns: list[str]) -> str:
    """The detail of a row whose phone columns are all empty."""
    return f"no number in {' or '.join(columns)}; fill one in"


def misplaced(columns: list[str]) -> pl.Expr:
    """The same, where what looks like a number is in another ``field`` (String)."""
    field = pl.col("field").str.replace("_", " ").str.replace("email", "e-mail")
    hint = pl.concat_str(pl.lit("; what looks like one is in the column for "), field, pl.lit(": move it"))
    return pl.concat_str(pl.lit(f"no number in {' or '.join(columns)}"), hint)


def failed() -> pl.Expr:
    """The detail of a cell that failed.

    From its ``column``, ``reason``, ``fault`` and ``place`` (all String?), and ``is_stray`` (Boolean: its row names a
    country that is not understood).
    """
    fault = pl.col("fault")
    wrong = fault.replace_strict({name.value: words[0] for name, words in _INVALID.items()}, default="not valid")
    to_do = fault.replace_strict({name.value: words[1] for name, words in _INVALID.items()}, default="correct it")
    of_place = pl.concat_str(pl.lit(" of "), "place").fill_null("")
    words = (
        pl.when(pl.col("reason") == Reason.PHONE_DAMAGED.value)
        .then(pl.lit(_DAMAGED))
        .when(pl.col("reason") == Reason.PHONE_INVALID.value)
        .then(pl.concat_str(wrong, of_place, pl.lit("; "), to_do))
        .when(fault == Fault.NO_REGION.value)
        .then(pl.when("is_stray").then(pl.lit(_STRAY)).otherwise(pl.lit(_HOMELESS)))
        .otherwise(pl.lit(_DOUBLE))
    )
    return pl.concat_str("column", pl.lit(": "), words)
