"""Consent: the rows that say that the person may not be contacted.

Only an explicit no counts: a cell that says no in a column that asks whether the person agrees (``SMS consent``), or
yes in one that asks whether they refuse (``Do not call``), or since when they do. An empty cell or a remark says
neither, nor does the date on which somebody agreed. Words that
tell by themselves (``unsubscribed``, ``opted in``, ``Do Not Allow``) mean the same in both kinds of columns, and in
columns for numbers, statuses and notes they are looked for as well.
"""

from collections.abc import Sequence
from functools import partial

import polars as pl

from importer.models.frames import RAW, settle
from importer.models.mappings import Mapping
from importer.models.outcomes import Reason
from importer.stages.map.consent_headers import Asks, Scope, Way, asks
from importer.stages.map.refusals import refuses, refuses_in_name
from importer.stages.map.vocabulary import load

_DATE = r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:\D|$)|^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?:\D|$)"
"""A cell that begins with a date: in a column of refusal, when the person refused."""
_NAMED = Asks(Way.AGREES, Scope.CONTACT)
"""The question of a column that the user names for consent and whose header says nothing of it."""
_CELLS_AT_ONCE = 1 << 20


def spoken(text: pl.Expr) -> pl.Expr:
    """Return a cell as the lists of answers have it: lower case, one kind of width, no punctuation around it."""
    return (
        text.str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all("[’´`]", "'")
        .str.strip_chars(" \t\n.!?\"'()[]")
        .str.replace_all("[-_ ]+", " ")
    )


def heads(text: pl.Expr) -> pl.Expr:
    """Return the start of a spoken answer, up to the first comma, colon, bracket or dash: ``yes, by phone``."""
    return text.str.extract(r"^([^,;:(\n–—.]+)").str.strip_chars()


def _listed(words: str) -> list[str]:
    return [word.strip() for word in words.replace("\n", ";").split(";") if word.strip()]


_WORDS = {name: _listed(words) for name, words in load("answers").items()}
ANSWERS = [word for words in _WORDS.values() for word in words]
"""Every answer that a cell of a column of consent may give."""
TELLING = [*_WORDS["refused"], *_WORDS["agreed"]]
"""Of these, what tells by itself which way it points."""


def settle_refusals(frame: pl.DataFrame, cells: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Settle the open rows as ``no-consent`` that say no.

    A row says no where a column of refusal says yes, or where a column of consent says no and none says yes to as
    much or more: who wants no texts but agrees to calls has agreed, who agrees to marketing has not.

    Args:
        frame: the rows.
        cells: their cells as read, ``raw:<column>`` (String?).
        mapping: which columns are asked, and in which words tell.
    """
    columns = mapping.consent
    asked = {column: asks(column) or _NAMED for column in columns}
    says = {column: _Says(cells[RAW + column], asked[column]) for column in columns}
    found: list[tuple[pl.Series, str]] = []
    for column, answer in says.items():
        refused = answer.refused
        if asked[column].way is not Way.REFUSES:
            agreed = [other.agreed for name, other in says.items() if asked[name].scope >= asked[column].scope]
            refused &= ~_any(agreed, cells.height)
        found.append((refused, f'the column "{column}" says no'))
    in_words = _in_words(cells, mapping)
    found += [(in_words[name], f'the column "{name}" says no in words') for name in mapping.told if name in in_words]
    for refused, detail in found:
        if refused.any():
            frame = settle(frame, Reason.NO_CONSENT, pl.lit(refused), detail)
    return frame


def _in_words(cells: pl.DataFrame, mapping: Mapping) -> dict[str, pl.Series]:
    """Return the rows in which words refuse, for each column whose words tell and that has such rows."""
    told = [column for column in mapping.told if cells.get_column(RAW + column).null_count() < cells.height]
    names, phones = set(mapping.names()), set(mapping.phones)
    of_numbers = partial(refuses, is_phone=True)
    readers = {
        column: refuses_in_name if column in names else of_numbers if column in phones else refuses for column in told
    }
    refused: dict[str, pl.Series] = {}
    for reader in dict.fromkeys(readers.values()):
        columns = [column for column in told if readers[column] is reader]
        # Some columns are read as one: for a few rows a step takes as long as for thousands.
        at_once = max(1, _CELLS_AT_ONCE // max(cells.height, 1))
        for some in (columns[start : start + at_once] for start in range(0, len(columns), at_once)):
            found = reader(pl.concat([cells.get_column(RAW + column) for column in some], rechunk=True))
            if found.any():
                rows = (found.slice(place * cells.height, cells.height) for place in range(len(some)))
                refused |= dict(zip(some, rows, strict=True))
    return refused


class _Says:
    """The answers of a column of consent: for each cell, whether the person refuses and whether they agree."""

    def __init__(self, cells: pl.Series, asked: Asks) -> None:
        text = cells.to_frame("text").select(whole=spoken(pl.col("text"))).with_columns(head=heads(pl.col("whole")))
        is_refusal = asked.way is Way.REFUSES
        no, yes = ("yes", "no") if is_refusal else ("no", "yes")
        self.refused = _says(text, ["refused"] if asked.is_status else ["refused", no]) | refuses(cells)
        if is_refusal:
            self.refused |= cells.str.strip_chars().str.contains(_DATE).fill_null(value=False)
        agreed = ["agreed"] if is_refusal or asked.is_status else ["agreed", yes]
        # A cell may say both ("yes, but do not call"): then it refuses.
        self.agreed = _says(text, agreed) & ~self.refused
        if is_refusal:
            # No to "Do not call?" takes nothing back that another column refuses.
            self.agreed = pl.Series([False]).new_from_index(0, cells.len())


def _says(text: pl.DataFrame, kinds: Sequence[str]) -> pl.Series:
    words = [word for kind in kinds for word in _WORDS[kind]]
    whole = text["whole"].is_in(words)
    return (whole | text["head"].is_in(words)).fill_null(value=False)


def _any(parts: Sequence[pl.Series], height: int) -> pl.Series:
    found = pl.repeat(value=False, n=height, eager=True)
    for part in parts:
        found |= part
    return found
