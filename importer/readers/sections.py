"""Headings among the rows that name other people than the list's: those who refused or cancelled, or next of kin.

The people below such a heading must not be imported unnoticed: each of their rows gets a problem, up to a heading that
names the list's own people again. A heading is a line with one filled cell of words.
"""

import re
import tomllib
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from importlib import resources
from itertools import groupby
from operator import itemgetter

import polars as pl

from importer.models.frames import BELOW_REFUSAL, cells_of, in_rows_of_few
from importer.readers.cell_kinds import kind_of, text_of

BELOW = "a row below a heading of "
BELOW_ABSENT = f"{BELOW}people who cancelled, wait or left"
BELOW_OTHERS = f"{BELOW}other people, such as emergency contacts"
_OWN = ""
"""The meaning of a heading that names the list's own people: no problem."""

_LONGEST = 80
_MOST_SUMMED = 200
"""Columns whose filled cells are counted in one expression; of thousands it takes a second."""
_REMARK = re.compile(r"[(\[{:–—].*|\s-\s.*")
_WORDS = re.compile(r"[^\W\d_]+")


@cache
def _known() -> dict[str, str]:
    """Return the words of ``sections.toml``, read when the first heading is met: most lists have none."""
    text = resources.files(__package__).joinpath("sections.toml").read_text("utf-8")
    return {name: "|".join(words.strip().split("\n")) for name, words in tomllib.loads(text).items()}


@cache
def _phrases() -> str:
    return "|".join(words for words in _known()["refusal"].split("|") if " " in words)


@cache
def _refuses() -> re.Pattern[str]:
    return re.compile(rf"(?:^|\s)(?:{_phrases()})(?:$|\s(?!(?:{_known()['when']})\b))")


@cache
def _says_when() -> re.Pattern[str]:
    return re.compile(rf"(?:{_phrases()})\s(?:{_known()['when']})\b")


@cache
def _meanings() -> dict[str, re.Pattern[str]]:
    known = _known()
    return {
        meaning: re.compile(
            rf"(?:(?:{known['fillers']})\s+)*(?:{known[words]})(?:\s+(?:{known['fillers']}))*"
            rf"(?:\s(?:{known['tails']})\s.*)?"
        )
        for words, meaning in (
            ("refusal", BELOW_REFUSAL),
            ("absent", BELOW_ABSENT),
            ("others", BELOW_OTHERS),
            ("own", _OWN),
        )
    }


@lru_cache(4096)
def meaning_of(heading: str) -> str | None:
    """Return the problem of rows below such a heading; "" for the list's own people, None if it is no known heading.

    A phrase of refusal counts anywhere in the line. Other words must fill the line, except for a remark at its end.
    """
    if len(heading) > _LONGEST or kind_of(heading) or not _WORDS.search(heading):
        return None
    if _refuses().search(_spoken(heading)):
        return BELOW_REFUSAL
    words = _spoken(_REMARK.sub("", heading) or heading)
    found = next((meaning for meaning, pattern in _meanings().items() if pattern.fullmatch(words)), None)
    return None if found == BELOW_REFUSAL and _says_when().search(words) else found


def _spoken(text: str) -> str:
    """Return only the words, in lower case, without the apostrophe of ``don't``."""
    return " ".join(_WORDS.findall(re.sub(r"n['’]t\b", "nt", text.casefold())))


class Sections:
    """Checks the rows of one table, frame after frame in file order; carries the heading over from frame to frame."""

    def __init__(self, names: list[str], title: str) -> None:
        """Take the column names with their prefix, and the header's ``title``, which is the first heading."""
        self._names = names
        self._below = meaning_of(title) or _OWN
        self._is_after_title = False

    @property
    def state(self) -> tuple[str, bool]:
        """Return the problem of rows below the last heading ("" for none), and if a title stands right above."""
        # A title means nothing to rows that are the list's own.
        return self._below, self._is_after_title and self._below != _OWN

    def go_on(self, below: str, *, is_after_title: bool) -> None:
        """Begin below the rows that led to this state."""
        self._below, self._is_after_title = below, is_after_title

    def problems(self, frame: pl.DataFrame, headers: Collection[int]) -> dict[int, str]:
        """Return the problems of headings and of the rows below them, by row index; empty if there are none.

        ``headers`` are the row indexes of further headers in the frame.
        """
        alone = self._alone(frame)
        if not self._below and not any(map(meaning_of, alone.values())):
            return {}
        return dict(self._below_headings(frame, headers, alone))

    def _alone(self, frame: pl.DataFrame) -> dict[int, str]:
        """Return the rows with words in one cell, by index; a number, or a remark after ``:``, may follow."""
        if len(self._names) < 2 or not any(frame[name].null_count() for name in self._names[:2]):
            return {}
        # One of the first two cells of such a row is nearly always empty: checking them spares the rest of a wide list.
        is_open = frame[self._names[0]].is_null() | frame[self._names[1]].is_null()
        if len(self._names) <= _MOST_SUMMED:
            is_open &= frame.select(pl.sum_horizontal(pl.col(self._names).is_not_null()).is_between(1, 2)).to_series()
        places = is_open.arg_true()
        if places.is_empty():
            return {}
        texts = cells_of(frame.filter(is_open), self._names)
        rows, filled = in_rows_of_few(texts.is_not_null(), places.len(), 2)
        found = {}
        for row, pairs in groupby(zip(rows, texts.gather(filled), strict=True), key=itemgetter(0)):
            cells = [text for _, cell in pairs if (text := text_of(cell))]
            words = [text for text in cells if kind_of(text) != "number"]
            is_heading = len(words) == 1 or (len(words) > 1 and cells[0].endswith(":"))
            if is_heading and not any(map(kind_of, words)):
                found[int(places[row])] = words[0]
        return found

    def _below_headings(
        self, frame: pl.DataFrame, headers: Collection[int], alone: dict[int, str]
    ) -> Iterator[tuple[int, str]]:
        is_blank = frame.select(pl.all_horizontal(pl.col(name).is_null() for name in self._names)).to_series()
        for place, blank in enumerate(is_blank):
            if blank:
                continue
            # A title between the rows and a further header name a table of its own: the heading above holds no longer.
            if place in headers:
                if self._is_after_title:
                    self._below = _OWN
                self._is_after_title = False
            elif (text := alone.get(place)) is not None:
                meaning = meaning_of(text)
                self._below = self._below if meaning is None else meaning
                self._is_after_title = meaning is None
            else:
                self._is_after_title = False
            if self._below:
                yield place, self._below
