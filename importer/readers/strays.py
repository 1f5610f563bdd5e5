"""Stray rows: the header again, a second table with its titles, or people below a heading of others."""

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import polars as pl

from importer.models.frames import RAW
from importer.readers.cell_kinds import has_header_word, kind_of, text_of
from importer.readers.header import Header
from importer.readers.sections import BELOW_ABSENT, BELOW_OTHERS, Sections

HEADER_AGAIN = "the header again"
OTHER_HEADER = "the header of another table"
OTHER_ROW = "a row of another table, with other columns"
TITLE = "a title between two tables"
REMARK_ROW = "a remark between the rows"

_MOST_NAMED = 5
_ROWS_AHEAD = 2
"""Rows needed below a row to judge it: a title is known by the header below it, and that by the row below."""
_FIRST_NAMES = [
    form(name)
    for name in (
        "name",
        "first name",
        "last name",
        "full name",
        "company",
        "contact",
        "phone",
        "email",
        "id",
        "customer",
    )
    for form in (str.capitalize, str.title, str.upper, str.lower)
]
"""First cells of headers without a blank row above; a short list, so that the search is one ``is_in``."""
_FEWEST_NAMES = 2
"""Header words from which on a row is surely a header."""
_LOOKS_LIKE_CONTACT = r"@|(?:\d\D*){7}"


@dataclass(frozen=True, slots=True)
class StraysState:
    """What the rows so far mean for those below them.

    Attributes:
        is_after_blank: True if the last row is blank.
        is_after_title: True if the last row is a title, and the next one another table's header.
        other: the columns that the other table's header names differently; None if the rows are this table's.
        heading: the problem of rows below the last heading; "" if they are the list's own people.
        is_heading_after_title: True if a header would end the part below that heading.
    """

    is_after_blank: bool = False
    is_after_title: bool = False
    other: frozenset[str] | None = None
    heading: str = ""
    is_heading_after_title: bool = False

    @property
    def likely(self) -> "StraysState":
        """Return what rows much further down probably know: only what holds for many rows."""
        return replace(self, is_after_blank=False, is_after_title=False, is_heading_after_title=False)


class Strays:
    """Checks all rows of one table, frame after frame in file order.

    It carries its state (a blank row, a title, another table, a heading) over from frame to frame, so that the frames'
    bounds do not change the result. One instance serves one pass over the rows.
    """

    def __init__(self, header: Header, columns: Sequence[str]) -> None:
        """Take the header and the table's columns, which may be more than the header's."""
        self._names = [RAW + name for name in columns]
        self._lines = [line for line in header.lines if any(line)]
        self._is_after_blank = False
        self._is_after_title = False
        self._other: frozenset[str] | None = None
        self._sections = Sections(self._names, header.title)

    @property
    def state(self) -> StraysState:
        """Return the state after the last frame that was given out."""
        heading, is_after_title = self._sections.state
        return StraysState(self._is_after_blank, self._is_after_title, self._other, heading, is_after_title)

    def go_on(self, state: StraysState) -> None:
        """Begin below the rows that led to this state."""
        self._is_after_blank, self._is_after_title = state.is_after_blank, state.is_after_title
        self._other = state.other
        self._sections.go_on(state.heading, is_after_title=state.is_heading_after_title)

    def with_problems(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Yield the same rows in the same frames, with a ``problem`` for strays.

        A frame is held back until the rows below it are there, but only if they decide about its last rows.
        """
        waiting: deque[pl.DataFrame] = deque()
        for frame in frames:
            waiting.append(frame)
            while waiting and (self._is_whole(waiting[0]) or sum(map(len, waiting)) >= len(waiting[0]) + _ROWS_AHEAD):
                yield self._checked(waiting.popleft(), waiting)
        while waiting:
            yield self._checked(waiting.popleft(), waiting)

    def _is_whole(self, frame: pl.DataFrame) -> bool:
        """Return True if the rows after the frame do not matter: none of its last rows is right below a blank one."""
        last = frame.tail(_ROWS_AHEAD + 1)
        return not self._lines or (last.height > _ROWS_AHEAD and not self._are_blank(last).any())

    def _are_blank(self, frame: pl.DataFrame) -> pl.Series:
        """Return a Boolean for each row, true if it has no cell. Stops at the first column that leaves no candidate."""
        blank = pl.int_range(frame.height, dtype=pl.UInt32, eager=True)
        for name in self._names:
            blank = blank.filter(frame.get_column(name).gather(blank).is_null())
            if blank.is_empty():
                break
        return pl.repeat(value=False, n=frame.height, eager=True).scatter(blank, values=True)

    def _checked(self, frame: pl.DataFrame, following: Iterable[pl.DataFrame]) -> pl.DataFrame:
        """Return the frame with a ``problem`` for rows that are no contacts of this table, by content and position."""
        if not self._lines:
            return self._below_headings(frame, set())
        again = set(self._headers_again(frame))
        others, titles = self._other_headers(frame, following)
        others = [place for place in others if place not in again]
        if not (again or others or titles or self._other is not None):
            return self._below_headings(frame, set())
        frame = frame.with_row_index("place")
        frame = with_problem(frame, pl.col("place").is_in(list(again)), HEADER_AGAIN)
        frame = with_problem(frame, pl.col("place").is_in(others), OTHER_HEADER)
        frame = with_problem(frame, pl.col("place").is_in(titles), TITLE)
        for columns, places in self._in_other_tables(frame, again, set(others)).items():
            is_row = pl.col("place").is_in(places)
            is_filled = pl.any_horizontal(pl.col(name).is_not_null() for name in self._names)
            is_fitting = are_contacts(self._names) & ~are_contacts(columns)
            frame = with_problem(frame, is_row & ~is_fitting & is_filled, OTHER_ROW)
        return self._below_headings(frame.drop("place"), {*again, *others})

    def _below_headings(self, frame: pl.DataFrame, headers: set[int]) -> pl.DataFrame:
        """Return the frame with a ``problem`` for rows below a heading that names other people than the list's."""
        problems = self._sections.problems(frame, headers)
        for problem in set(problems.values()):
            places = [place for place, found in problems.items() if found == problem]
            is_below = pl.int_range(pl.len()).is_in(places)
            frame = with_problem(frame, is_below, problem)
        return frame

    def _in_other_tables(
        self, frame: pl.DataFrame, again: set[int], others: set[int]
    ) -> dict[frozenset[str], list[int]]:
        """Return the rows below another table's header, grouped by the columns whose names differ from this table's."""
        found: dict[frozenset[str], list[int]] = {}
        for place in range(frame.height):
            if place in others:
                self._other = self._differing(frame.select(self._names).row(place))
            elif place in again:
                self._other = None
            if self._other is not None:
                found.setdefault(self._other, []).append(place)
        return found

    def _differing(self, row: Sequence[str | None]) -> frozenset[str]:
        """Return the columns that another table's header names differently; empty if the row may be a contact."""
        cells = [text_of(cell) for cell in row]
        words = sum(map(has_header_word, cells))
        if words < _FEWEST_NAMES or words * 2 < sum(map(bool, cells)):
            return frozenset()
        named = zip_longest(self._names, self._lines[-1], cells, fillvalue="")
        return frozenset(name for name, own, cell in named if name and own.casefold() != cell.casefold())

    def _headers_again(self, frame: pl.DataFrame) -> list[int]:
        places: list[int] = []
        for line in self._lines:
            cells = dict(zip(self._names, map(str.casefold, line), strict=False))
            known = next(name for name, cell in cells.items() if cell)
            sized = frame.select(pl.arg_where(pl.col(known).str.len_chars() == len(cells[known]))).to_series()
            if sized.is_empty():
                continue
            alike = sized.filter(frame[known].gather(sized).str.to_lowercase() == cells[known])
            rows = frame[alike].select(self._names).rows() if len(alike) else []
            texts = [tuple(text_of(cell).casefold() for cell in row[: len(line)]) for row in rows]
            places += [place for place, text in zip(alike, texts, strict=True) if text == tuple(cells.values())]
        return places

    def _other_headers(self, frame: pl.DataFrame, following: Iterable[pl.DataFrame]) -> tuple[list[int], list[int]]:
        """Return the rows that are headers of other tables, and the titles between a blank row and such a header."""
        headers, titles = [0] if self._is_after_title else [], list[int]()
        named = frame.select(pl.arg_where(pl.col(self._names[0]).is_in(_FIRST_NAMES))).to_series().to_list()
        starts = [0] if self._is_after_blank else []
        self._is_after_blank = self._is_after_title = False
        if frame[self._names[0]].null_count():
            is_blank = self._are_blank(frame)
            self._is_after_blank = bool(is_blank[-1])
            is_start = ~is_blank & is_blank.shift(1, fill_value=False)
            starts += is_start.arg_true().to_list()
        if not starts and not named:
            return headers, titles
        rows = pl.concat(each.select(self._names).head(frame.height + _ROWS_AHEAD) for each in (frame, *following))
        headers += [place for place in named if place not in starts and self._is_named(rows.row(place))]
        if not starts:
            return sorted({*headers}), titles
        no_contact = rows[starts].select(~pl.concat_str(pl.all(), ignore_nulls=True).str.contains(r"\d|@")).to_series()
        for place in (start for start, is_wordy in zip(starts, no_contact, strict=True) if is_wordy):
            if self._is_header(rows, place):
                headers.append(place)
            elif sum(map(bool, rows.row(place))) == 1 and self._is_header(rows, place + 1):
                titles.append(place)
                headers.append(place + 1)
        self._is_after_title = frame.height in headers
        return sorted({place for place in headers if place < frame.height}), titles

    def _is_named(self, row: Sequence[str | None]) -> bool:
        """Return True if all cells of a row are surely column names, even without a blank row above them."""
        filled = [text for cell in row if (text := text_of(cell))]
        return len(filled) > 1 and all(map(has_header_word, filled)) and not any(map(kind_of, filled))

    def _is_header(self, rows: pl.DataFrame, place: int) -> bool:
        """Return True if a row could be another table's header: only words, of a header or above figures of no contact.

        ``place`` may be past the last row; that is no header.
        """
        row = rows.row(place) if place < rows.height else ()
        filled = [text for cell in row if (text := text_of(cell))]
        if len(filled) < 2 or any(map(kind_of, filled)) or not all(map(_has_letter, filled)):
            return False
        below = " ".join(cell for row in rows[place + 1 : place + 2].rows() for cell in row if cell)
        has_figures = re.search(r"\d", below) is not None and not re.search(_LOOKS_LIKE_CONTACT, below)
        return has_figures or any(map(has_header_word, filled))


def are_contacts(names: Collection[str]) -> pl.Expr:
    """Return an expression that is true for rows with somebody's address or number in one of the columns."""
    found = [pl.col(name).str.contains(_LOOKS_LIKE_CONTACT).fill_null(value=False) for name in names]
    return pl.any_horizontal(found) if found else pl.lit(value=False)


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))


def stray_notes(frame: pl.DataFrame, word: str) -> tuple[str, ...]:
    """Return remarks for people on the strays in a frame; ``word`` is what they call a ``line``: "line" or "row"."""
    if frame["problem"].null_count() == frame.height:
        return ()
    lines = dict(frame.group_by("problem").agg("line").iter_rows())
    notes = []
    if again := lines.get(HEADER_AGAIN):
        notes.append(
            f"The header stands again on {_named(again, word)}; the rows below it were read as rows of this list."
        )
    if others := lines.get(OTHER_HEADER):
        rows = len(lines.get(OTHER_ROW, ()))
        way_out = " To import them, save that table as a file of its own." if rows else ""
        notes.append(
            f"Another table begins on {_named(others, word)}; {rows} of its rows do not fit the columns.{way_out}"
        )
    for problem in (BELOW_ABSENT, BELOW_OTHERS):
        if below := lines.get(problem):
            count = "one row is" if len(below) == 1 else f"{len(below):,} rows are"
            notes.append(
                f"From {word} {min(below)} on, {count} {problem.removeprefix('a row ')}; not imported. To import them, "
                "save them as a list of their own."
            )
    if remarks := lines.get(REMARK_ROW):
        are = "is a remark" if len(remarks) == 1 else "are remarks"
        notes.append(f"{_named(remarks, word).capitalize()} {are} between the rows, and no contact.")
    return tuple(notes)


def _named(lines: Sequence[int], word: str) -> str:
    first = ", ".join(map(str, sorted(lines)[:_MOST_NAMED]))
    more = len(lines) - _MOST_NAMED
    return f"{word}{'s' if len(lines) > 1 else ''} {first}{f' and {more} more' if more > 0 else ''}"


def with_problem(frame: pl.DataFrame, where: pl.Expr, problem: str) -> pl.DataFrame:
    """Return the frame with this problem for rows that match ``where`` and have none yet: the first problem stays."""
    is_hit = where.fill_null(value=False) & pl.col("problem").is_null()
    return frame.with_columns(problem=pl.when(is_hit).then(pl.lit(problem)).otherwise("problem"))
