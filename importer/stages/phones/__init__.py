"""Phones: the first valid number of each row, as E.164.

A repair that was needed is named in ``changes``:

========================  ==============================================================================================
``phone:spaces``          white space around the number, line ends, tabs, no-break and other odd spaces
``phone:invisible``       zero-width characters, direction marks, byte-order marks, control characters
``phone:unicode``         digits, plus signs, dashes and brackets of other scripts, full-width ones included
``phone:quotes``          ``="…"``, quotation marks, a leading apostrophe
``phone:label``           words before the number (``tel:``, ``Mobile:``, ``p:``) or after it
``phone:exponent``        scientific notation that still holds every digit
``phone:float-tail``      ``.0`` or ``,0`` from a number stored as a decimal
``phone:extension``       an extension; its digits go to ``meta:<column> ext``
``phone:00-prefix``       ``00`` before the country's code, wherever the row is from
``phone:011-prefix``      ``011`` before the country's code, where the region dials otherwise
``phone:trunk-zero``      ``(0)`` after the country's code
``phone:country-code``    the country's code without its plus
``phone:two-numbers``     two numbers in the cell: the first valid one is taken, the other goes to ``meta:<column>``
``phone:other-column``    the number is not from the first phone column
========================  ==============================================================================================
"""

import polars as pl

from importer.errors import UsageError
from importer.frames import META, PHONE, is_open, noted, settle, with_prefix
from importer.models import Reason
from importer.stages.phones import oracle, repairs, wording
from importer.stages.phones.reading import Reader
from importer.stages.phones.verdicts import find_numbers

__all__ = ["Phones"]


class Phones:
    """Needs ``phone:<column>`` (String?, tried in order), ``region`` (String?) and ``changes``; adds ``phone``.

    ``phone`` (String?) is E.164 and valid by ``phonenumbers``, or null. A number without its country belongs to the
    row's ``region``, else to ``default_region``; where neither is known, nothing is guessed. A region without numbering
    plan (``ZZ``: the row's country is not understood) is not known, whatever the default is. The ``phone:`` columns go;
    every filled cell that did not become ``phone`` stays as ``meta:<column>``, a dropped extension as
    ``meta:<column> ext``. Settled rows keep a null ``phone``.

    Settles as ``phone-missing``, ``phone-damaged``, ``phone-ambiguous`` or ``phone-invalid``; where several columns
    fail, by the first one that is filled.

    Args:
        default_region: ISO 3166 alpha-2, or None.

    Raises:
        UsageError: the default region has no phone numbers of its own.
    """

    def __init__(self, default_region: str | None) -> None:
        if default_region is not None and default_region not in oracle.codes():
            hint = " The United Kingdom is GB." if default_region == "UK" else ""
            raise UsageError(
                f"No numbering plan is known for --region {default_region}. Give a country's ISO code: US, DE.{hint}"
            )
        self._default_region = default_region
        self._reader = Reader()

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        columns = [name.removeprefix(PHONE) for name in with_prefix(frame, PHONE)]
        rows = frame.with_row_index("index")
        found, failed = self._search(rows, columns)
        rows = rows.join(found, on="index", how="left", maintain_order="left")
        rows = rows.join(failed, on="index", how="left", maintain_order="left")
        rows = _with_unused(rows, columns).with_columns(_changes(rows["rules"]))
        for reason in (Reason.PHONE_DAMAGED, Reason.PHONE_AMBIGUOUS, Reason.PHONE_INVALID):
            rows = settle(rows, reason, pl.col("why") == reason.value, pl.col("words"))
        rows = settle(rows, Reason.PHONE_MISSING, pl.col("phone").is_null(), wording.missing(columns))
        return rows.drop("index", "used", "rules", "extension", "rest", "why", "words", *(PHONE + c for c in columns))

    def _search(self, rows: pl.DataFrame, columns: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The number of each open row that has one, and what to say of each that has none but some filled cell."""
        region = pl.coalesce(pl.col("region").str.to_uppercase(), pl.lit(self._default_region, pl.String))
        known = pl.when(region.is_in(list(oracle.codes()))).then(region)
        waiting = rows.filter(is_open())
        stray = waiting.filter(pl.col("region").is_not_null() & known.is_null())["index"]
        waiting = waiting.with_columns(region=known)
        is_valid = pl.col("e164").is_not_null()
        found, failed = [], []
        for place, column in enumerate(columns):
            answers = find_numbers(
                waiting.select("index", "region", text=PHONE + column).drop_nulls("text"), self._reader
            )
            other_column = repairs.bit("other-column") if place else pl.lit(0, repairs.RULES_DTYPE)
            found.append(
                answers.filter(is_valid).select(
                    "index", "extension", "rest", rules=pl.col("rules") | other_column, phone="e164", used=place
                )
            )
            failed.append(answers.filter(~is_valid).with_columns(column=pl.lit(column)))
            waiting = waiting.join(found[-1].select("index"), on="index", how="anti")
        numbers = pl.concat(found)
        faults = pl.concat(failed).filter(pl.col("reason") != Reason.PHONE_MISSING.value)
        first = faults.unique("index", keep="first", maintain_order=True).join(numbers, on="index", how="anti")
        first = first.with_columns(is_stray=pl.col("index").is_in(stray.implode()))
        return numbers, first.select("index", why="reason", words=wording.failed())


def _changes(rules: pl.Series) -> pl.Expr:
    """``changes`` with the applied rules; few sets of rules occur, so each is put into words once."""
    sets = rules.drop_nulls().unique()
    words = pl.DataFrame({"rules": sets, "changes": pl.Series([None] * len(sets), dtype=pl.String)}).select(
        "rules", noted((f"phone:{rule}", (pl.col("rules") & repairs.bit(rule)) != 0) for rule in repairs.RULES)
    )
    text = pl.col("rules").replace_strict(words["rules"], words["changes"], default=None, return_dtype=pl.String)
    joined = pl.concat_str("changes", text, separator="; ", ignore_nulls=True)
    return joined.replace("", None).alias("changes")


def _with_unused(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Put what the rows with a number did not need of their phone cells into metadata."""
    for place, column in enumerate(columns):
        is_used = pl.col("used") == place
        others = rows.filter(~is_used).select("index", text=PHONE + column).drop_nulls("text")
        others = others.filter(~repairs.is_placeholder(pl.col("text")))
        rows = rows.join(others, on="index", how="left", maintain_order="left").with_columns(
            _appended(rows, META + column, pl.when(is_used).then("rest").otherwise("text")),
            _appended(rows, f"{META}{column} ext", pl.when(is_used).then("extension")),
        )
        rows = rows.drop("text")
    return rows


def _appended(rows: pl.DataFrame, name: str, text: pl.Expr) -> pl.Expr:
    """``text`` as the metadata column ``name``, after what a column of the file with that name holds."""
    if name not in rows.columns:
        return text.alias(name)
    return pl.concat_str(name, text, separator=" / ", ignore_nulls=True).replace("", None).alias(name)
