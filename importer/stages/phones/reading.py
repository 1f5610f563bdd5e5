"""Spellings to numbers: a question for each kind of number, not for each number.

What ``phonenumbers`` says of a number depends on where it was written, on its length and on its first digits; the
others are only carried along. So each chunk's numbers are reduced to these three, each new combination is put to the
numbering plans once (``numbering``, ``patterns``), and one join gives every number its answer. Where the first digits
do not decide, more of them are looked at; what is left then, and what is not plain digits, goes to ``phonenumbers``
itself. Every way gives what ``phonenumbers`` gives; which of them a spelling takes is a question of speed only.
"""

from dataclasses import astuple, dataclass

import polars as pl

from importer.stages.phones import numbering, oracle, repairs
from importer.stages.phones.oracle import Fault
from importer.stages.phones.patterns import Digits, Undecided

DEPTHS = (5, 8, 11)
"""How many first digits are looked at, one after the other; most plans tell numbers apart by the first three or so."""

_MOST_KINDS = 500_000
"""Kinds of numbers that are remembered for each depth, at some 100 bytes each."""

_PUNCTUATION = r" ()./\[\]\-"
_SIMPLE = rf"^[{_PUNCTUATION}]*\+?[0-9{_PUNCTUATION}]+$"
"""Digits and the punctuation that ``phonenumbers`` drops without a second look."""

_LONGEST_SIMPLE = 60
_FEWEST_DIGITS, _MOST_DIGITS = 3, 31
_DROPPED = list("+ ()./[]-")

_ABROAD, _NOWHERE, _FIRST_REGION = 0, 1, 2
_REGIONS = tuple(sorted(oracle.codes()))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What holds for every number of a kind.

    Attributes:
        lead: the E.164 number up to the last digit that was looked at; None where the number is not valid.
        fault: why it is not.
        code: the calling code, where one was found.
        rules: bits of ``repairs.RULES``, for what is read into the number.
    """

    lead: str | None
    fault: str | None
    code: str | None = None
    rules: int = 0


_UNDECIDED = _Answer(None, None)
_KNOWN = {"key": pl.UInt64, "lead": pl.String, "fault": pl.String, "code": pl.String, "own_rules": repairs.RULES_DTYPE}
READING: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("e164", "fault", "code", "extension", "digits"), pl.String),
    "own_rules": repairs.RULES_DTYPE,
}


class Reader:
    """Reads cells, and remembers the kinds of numbers that it met.

    Args:
        is_careful: whether a number without plus that is as valid with its first digits as the country's code is
            looked at twice; ``phonenumbers`` itself never does.
    """

    def __init__(self, *, is_careful: bool = True) -> None:
        self._is_careful = is_careful
        self._known = {depth: pl.DataFrame(schema=_KNOWN) for depth in DEPTHS}

    def read(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Read each cell.

        Args:
            cells: ``index`` (UInt32, unique), ``text`` (String), ``region`` (String?, one that ``phonenumbers`` knows).

        Returns:
            ``index`` with ``e164`` (String?, null where not valid), ``fault`` (String?, an ``oracle.Fault``), ``code``
            (String?, the calling code), ``extension`` (String?), ``digits`` (String: all that were written) and
            ``own_rules`` (UInt16), in any order.
        """
        text = pl.col("text")
        is_simple = (text.str.len_bytes() <= _LONGEST_SIMPLE) & text.str.contains(_SIMPLE)
        digits = text.str.replace_many(_DROPPED, [""] * len(_DROPPED))
        cells = cells.with_columns(digits=pl.when(is_simple).then(digits))
        size = pl.col("digits").str.len_bytes()
        waiting = cells.filter(size.is_between(_FEWEST_DIGITS, _MOST_DIGITS)).select(
            "index", "digits", kind=_origin() * (_MOST_DIGITS + 1) + size
        )
        done = []
        for depth in DEPTHS:
            answered = self._answered(waiting, depth)
            is_decided = pl.col("lead").is_not_null() | pl.col("fault").is_not_null()
            e164 = pl.col("lead") + pl.col("digits").str.slice(depth)
            done.append(answered.filter(is_decided).select("index", "digits", "fault", "code", "own_rules", e164=e164))
            waiting = answered.filter(~is_decided).select("index", "digits", "kind")
        settled = pl.concat(done)
        if settled.height < cells.height:
            left = cells.drop("digits").join(settled.select("index"), on="index", how="anti")
            settled = pl.concat([settled, self._one_by_one(left)], how="diagonal")
        return settled.match_to_schema({"index": cells.schema["index"], **READING}, missing_columns="insert")

    def _answered(self, waiting: pl.DataFrame, depth: int) -> pl.DataFrame:
        """Each number with what is known of all that start with the same ``depth`` digits."""
        start = pl.col("digits").str.slice(0, depth).cast(pl.UInt64)
        keyed = waiting.with_columns(key=pl.col("kind") * 10**depth + start)
        known = self._known[depth]
        new = keyed.select(pl.col("key").unique()).join(known, on="key", how="anti")["key"]
        if new.len():
            answers = [(key, *astuple(self._answer(key, depth))) for key in new.to_list()]
            known = known if known.height < _MOST_KINDS else known.join(keyed, on="key", how="semi")
            known = pl.concat([known, pl.DataFrame(answers, schema=_KNOWN, orient="row")], rechunk=True)
            self._known[depth] = known
        return keyed.join(known, on="key", how="left")

    def _answer(self, key: int, depth: int) -> _Answer:
        """Ask the numbering plans about every number of a kind."""
        kind, start = divmod(key, 10**depth)
        origin, size = divmod(kind, _MOST_DIGITS + 1)
        if origin == _NOWHERE:
            return _Answer(None, Fault.NO_REGION)
        digits = Digits(f"{start:0{min(size, depth)}}", size)
        region = None if origin == _ABROAD else _REGIONS[origin - _FIRST_REGION]
        try:
            number = numbering.read(digits, region)
            if self._is_careful and region is not None and number.fault is None:
                number = numbering.with_code_believed(number, digits, region)
        except Undecided:
            return _UNDECIDED
        if number.fault is not None:
            return _Answer(None, number.fault, number.code)
        lead = f"+{number.code}{number.digits.known}"
        return _Answer(lead, None, number.code, 0 if region is None else _rules(digits.known, lead))

    def _one_by_one(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Ask ``phonenumbers`` about each spelling."""
        spellings = cells.select("text", "region").unique()
        answers = [self._asked(text, region) for text, region in spellings.iter_rows()]
        answered = pl.DataFrame(answers, schema=READING, orient="row").hstack(spellings)
        return cells.join(answered, on=["text", "region"], how="left", nulls_equal=True).select("index", *READING)

    def _asked(self, text: str, region: str | None) -> tuple[str | None, str | None, str | None, str | None, str, int]:
        reading = oracle.read(text, region)
        e164, fault, code = reading.e164, reading.fault, reading.code
        written = "".join(sign for sign in text if sign in "0123456789")
        is_national = e164 is not None and "+" not in text
        if self._is_careful and region is not None and is_national and e164 == f"+{code}{written}":
            digits = Digits(written, len(written))
            number = numbering.with_code_believed(numbering.National(str(code), digits, None), digits, region)
            e164, fault = (None, number.fault) if number.fault else (f"+{number.code}{number.digits.known}", None)
        rules = _rules(written, e164) if e164 and is_national else 0
        return e164, fault, code, reading.extension, written, rules


def _origin() -> pl.Expr:
    """Where a number was written, as a number: with a plus, without and nowhere known, or in one of the regions."""
    region = pl.col("region").cast(pl.Enum(_REGIONS)).to_physical().cast(pl.UInt64) + _FIRST_REGION
    is_abroad = pl.col("text").str.contains("+", literal=True)
    return pl.when(is_abroad).then(pl.lit(_ABROAD, pl.UInt64)).otherwise(region.fill_null(_NOWHERE))


def _rules(written: str, e164: str) -> int:
    """What is read into digits without plus: ``00`` as a prefix, or the country's code."""
    rules = ["00-prefix"] if written.startswith("00") else ["country-code"] if e164 == f"+{written}" else []
    return sum(1 << repairs.RULES.index(rule) for rule in rules)
