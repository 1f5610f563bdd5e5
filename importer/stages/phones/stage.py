"""The stage: the phone columns of each row, one after another, until one has a number."""

import numpy as np
import polars as pl

from importer.errors import UsageError
from importer.models.frames import META, PHONE, with_prefix
from importer.stages.phones import libphonenumber as oracle
from importer.stages.phones import repairs
from importer.stages.phones.automaton import NOWHERE, REGIONS, region_codes
from importer.stages.phones.column_reader import Reader
from importer.stages.phones.details import Details
from importer.stages.phones.found_numbers import Found, find_numbers
from importer.stages.phones.shapes import Ints

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
        check_region(default_region)
        self._default_region = default_region
        self._reader = Reader()

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        columns = [name.removeprefix(PHONE) for name in with_prefix(frame, PHONE)]
        cells = _Cells(frame, self._default_region)
        for column in columns:
            cells.search(column, self._reader)
        return frame.with_columns(cells.phones(), cells.changes(), *cells.settled(), *cells.unused()).drop(
            PHONE + column for column in columns
        )


def check_region(region: str | None) -> None:
    """Raise if numbers cannot be read as those of a region; None stands for no region.

    Raises:
        UsageError: the region has no phone numbers of its own.
    """
    if region is not None and region not in oracle.codes():
        hint = " The United Kingdom is GB." if region == "UK" else ""
        raise UsageError(f"No numbering plan is known for --region {region}. Give a country's ISO code: US, DE.{hint}")


class _Cells:
    """The phone cells of a frame, with what was found so far.

    Attributes:
        e164: each row's number without its plus; 0 where it has none.
        rules: bits of ``repairs.RULES`` for each row.
    """

    def __init__(self, frame: pl.DataFrame, default_region: str | None) -> None:
        self._frame = frame
        self._is_open = frame["reason"].is_null().to_numpy()
        self._is_named = frame["region"].is_not_null().to_numpy()
        self._regions = _regions(frame["region"], default_region)
        self.e164 = np.zeros(frame.height, np.uint64)
        self.rules = np.zeros(frame.height, np.int32)
        self._found: list[tuple[str, Ints, Found]] = []

    def search(self, column: str, reader: Reader) -> None:
        """Search a column for the numbers that are still missing."""
        rows = np.flatnonzero(self._is_open & (self.e164 == 0))
        regions = self._regions[rows]
        found = find_numbers(_some(self._frame[PHONE + column], rows), regions, reader)
        rules = found.rules | repairs.bits("other-column") if self._found else found.rules
        is_odd = self._is_named[rows] & (region_codes()[regions] != found.codes)
        is_odd &= (regions != NOWHERE) & (found.e164 > 0)
        odd = np.flatnonzero(is_odd)
        # A plus put there in error explains the other country as well; one of the two is enough to look at.
        odd = odd[rules[odd] & repairs.bits("review-plus") == 0]
        rules[odd] |= repairs.bits("review-country")
        self.e164[rows] = found.e164
        self.rules[rows] = np.where(found.e164 > 0, rules, 0)
        self._found.append((column, rows, found))

    def phones(self) -> pl.Series:
        """Return the numbers as E.164 (String?)."""
        digits = pl.Series("phone", self.e164).set(pl.Series(self.e164 == 0), None)
        return digits.to_frame().select(pl.format("+{}", "phone").alias("phone")).to_series()

    def changes(self) -> pl.Series:
        """Return ``changes`` with the applied rules; few sets of rules occur, so each is put into words once."""
        before = self._frame["changes"]
        sets = pl.Series(self.rules).unique().sort().to_numpy()
        words = [
            "; ".join(f"phone:{rule}" for rule in repairs.RULES if one & repairs.bits(rule)) or None for one in sets
        ]
        places = np.searchsorted(sets, self.rules)
        text = pl.Series("changes", words, dtype=pl.String).gather(places)
        if before.null_count() == len(before):
            return text
        both = pl.concat_str(before, text, separator="; ", ignore_nulls=True).replace("", None)
        return pl.select(both.alias("changes")).to_series()

    def settled(self) -> list[pl.Series]:
        """Return ``outcome``, ``reason`` and ``detail``, with every open row settled that has no number."""
        columns = [column for column, _, _ in self._found]
        details = Details(self._frame, np.flatnonzero(self._is_open & (self.e164 == 0)), columns)
        is_stray = self._is_named & (self._regions == NOWHERE)
        # Reversed, so that the first filled column has the last word on why the row failed.
        for column, rows, found in reversed(self._found):
            details.note(column, rows[found.failed.rows], found.failed, is_stray)
        return details.columns()

    def unused(self) -> list[pl.Series]:
        """Return as metadata what the rows with a number did not need of their phone cells."""
        columns = []
        for column, rows, found in self._found:
            texts = self._frame[PHONE + column]
            is_other = (self.e164 > 0) & texts.is_not_null().to_numpy()
            is_other[rows[found.e164 > 0]] = False
            others = np.flatnonzero(is_other)
            rest = _spread(found.rest, rows, len(texts))
            if len(others):
                others = others[~repairs.are_placeholders(texts.gather(others)).to_numpy()]
                rest = rest.scatter(others, texts.gather(others))
            for name, text in (
                (META + column, rest),
                (f"{META}{column} ext", _spread(found.extension, rows, len(texts))),
            ):
                columns.append(self._appended(name, text))
        return columns

    def _appended(self, name: str, text: pl.Series) -> pl.Series:
        """Return ``text`` as a metadata column, after what a column of the file with that name holds."""
        if name not in self._frame.columns:
            return text.rename(name)
        both = pl.concat_str(pl.col(name), text, separator=" / ", ignore_nulls=True).replace("", None)
        return self._frame.select(both.alias(name)).to_series()


def _some(texts: pl.Series, rows: Ints) -> pl.Series:
    return texts if len(rows) == len(texts) else texts.gather(rows)


def _spread(texts: pl.Series, rows: Ints, height: int) -> pl.Series:
    """Return texts of some rows as a column of all, null elsewhere."""
    if len(rows) == height:
        return texts
    return pl.repeat(None, height, dtype=pl.String, eager=True).scatter(rows, texts)


def _regions(named: pl.Series, default: str | None) -> Ints:
    """Return each row's index into ``REGIONS``; ``NOWHERE`` if its country is not one of them or not known."""
    places = named.cast(pl.Enum(REGIONS), strict=False)
    if places.null_count() > named.null_count():
        # Only if some code was not found as it stands.
        places = named.str.to_uppercase().cast(pl.Enum(REGIONS), strict=False)
    regions = places.to_physical().cast(pl.Int64).fill_null(NOWHERE).to_numpy()
    if default:
        regions = np.where(named.is_null().to_numpy(), REGIONS.index(default), regions)
    return regions
