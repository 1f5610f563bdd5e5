"""Phones: the first valid number of each row, as E.164.

``phonenumbers`` decides whether digits that are known are a number, and how that is written: for a cell that is one
plain number, the answer is the library's. Which digits are meant is decided before, in ``meant``, by rules of our own.
The library is made for what somebody dials, and a list is written by many hands: a digit that nobody wrote is never
sent, and where two readings are possible and nothing in the row settles it, the row is refused. Two answers to plain
numbers are ours as well: seven digits of North America lack their area code (310-2250 is valid in Canada), and ``00``
is a plus wherever that gives a number.

A repair that was needed is named in ``changes``, and so is what a person should look at although the number is valid:

========================  ==============================================================================================
``phone:spaces``          white space around the number, line ends, tabs, no-break and other odd spaces
``phone:invisible``       zero-width characters, direction marks, byte-order marks, control characters
``phone:unicode``         digits, plus signs, dashes and brackets of other scripts, full-width ones included
``phone:quotes``          ``="…"``, quotation marks, a leading apostrophe
``phone:label``           words that only name the number (``tel:``, ``Mobile:``, ``p:``), before or after it; a link or
                          an address that holds it
``phone:letters``         the letters of a vanity number that is one beyond doubt, as in 1-800-FLOWERS
``phone:lookalike``       O and l for 0 and 1, where no other reading is a number
``phone:exponent``        scientific notation that still holds every digit
``phone:float-tail``      ``.0`` or ``,0`` from a number stored as a decimal; of ten digits and more also the separators
                          of thousands and the sign of money, as in $4,155,552,671.00
``phone:extension``       an extension; its digits go to ``meta:<column> ext``
``phone:00-prefix``       ``00`` before the country's code or before its plus, wherever the row is from
``phone:011-prefix``      ``011`` before the country's code, where the region dials otherwise, or before its plus
``phone:trunk-zero``      ``(0)`` after the country's code
``phone:country-code``    the country's code without its plus
``phone:code-slip``       the country's code twice, one zero for two, or a plus before a national number's zero
``phone:old-form``        a number as its plan had it before it was changed (Mexico, Argentina, Poland, Benin, …)
``phone:cut-off``         remarks and alternate endings beside the number; they go to ``meta:<column>``
``phone:two-numbers``     two numbers in the cell: the first valid one is taken that is no fax's, the other goes to
                          ``meta:<column>``
``phone:other-column``    the number is not from the first phone column
``phone:review-plus``     valid, but so are its digits without the plus in the row's country or ``--region``: was it put
                          there in error? If so, delete it
``phone:review-zeros``    valid, but only zeros follow its sixth digit, as in what is left of 1.41556E+10: get it from
                          where the list was made, if they are not its own
``phone:review-country``  valid, but of another country than the row names: correct the one that is wrong, if one is
========================  ==============================================================================================
"""

import numpy as np
import polars as pl

from importer.errors import UsageError
from importer.frames import META, PHONE, with_prefix
from importer.stages.phones import oracle, repairs
from importer.stages.phones.automaton import NOWHERE, REGIONS, region_codes
from importer.stages.phones.details import Details
from importer.stages.phones.reading import Reader
from importer.stages.phones.shapes import Ints
from importer.stages.phones.verdicts import Found, find_numbers

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
        cells = _Cells(frame, self._default_region)
        for column in columns:
            cells.search(column, self._reader)
        return frame.with_columns(cells.phones(), cells.changes(), *cells.settled(), *cells.unused()).drop(
            PHONE + column for column in columns
        )


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
        """Look in a column for the numbers that are still missing."""
        rows = np.flatnonzero(self._is_open & (self.e164 == 0))
        regions = self._regions[rows]
        found = find_numbers(_some(self._frame[PHONE + column], rows), regions, reader)
        rules = found.rules | repairs.bits("other-column") if self._found else found.rules
        is_odd = self._is_named[rows] & (region_codes()[regions] != found.codes)
        is_odd &= (regions != NOWHERE) & (found.e164 > 0)
        odd = np.flatnonzero(is_odd)
        odd = odd[rules[odd] & repairs.bits("review-plus") == 0]
        rules[odd] |= repairs.bits("review-country")
        self.e164[rows] = found.e164
        self.rules[rows] = np.where(found.e164 > 0, rules, 0)
        self._found.append((column, rows, found))

    def phones(self) -> pl.Series:
        """The numbers as E.164."""
        digits = pl.Series("phone", self.e164).set(pl.Series(self.e164 == 0), None)
        return digits.to_frame().select(pl.format("+{}", "phone").alias("phone")).to_series()

    def changes(self) -> pl.Series:
        """``changes`` with the applied rules; few sets of rules occur, so each is put into words once."""
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
        """``outcome``, ``reason`` and ``detail``, with every open row settled that has no number."""
        columns = [column for column, _, _ in self._found]
        details = Details(self._frame, np.flatnonzero(self._is_open & (self.e164 == 0)), columns)
        is_stray = self._is_named & (self._regions == NOWHERE)
        for column, rows, found in reversed(self._found):
            details.note(column, rows[found.failed.rows], found.failed, is_stray)
        return details.columns()

    def unused(self) -> list[pl.Series]:
        """What the rows with a number did not need of their phone cells, as metadata."""
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
        """``text`` as a metadata column, after what a column of the file with that name holds."""
        if name not in self._frame.columns:
            return text.rename(name)
        both = pl.concat_str(pl.col(name), text, separator=" / ", ignore_nulls=True).replace("", None)
        return self._frame.select(both.alias(name)).to_series()


def _some(texts: pl.Series, rows: Ints) -> pl.Series:
    return texts if len(rows) == len(texts) else texts.gather(rows)


def _spread(texts: pl.Series, rows: Ints, height: int) -> pl.Series:
    """Texts of some rows as a column of all."""
    if len(rows) == height:
        return texts
    return pl.repeat(None, height, dtype=pl.String, eager=True).scatter(rows, texts)


def _regions(named: pl.Series, default: str | None) -> Ints:
    """Each row's place in ``REGIONS``; ``NOWHERE`` where its country is not one of them, or there is none at all."""
    places = named.cast(pl.Enum(REGIONS), strict=False)
    if places.null_count() > named.null_count():
        places = named.str.to_uppercase().cast(pl.Enum(REGIONS), strict=False)
    regions = places.to_physical().cast(pl.Int64).fill_null(NOWHERE).to_numpy()
    if default:
        regions = np.where(named.is_null().to_numpy(), REGIONS.index(default), regions)
    return regions
