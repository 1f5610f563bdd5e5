"""The rows of a run as the desk asks for them: which match a query, how many of each kind, and a page of them.

Facts that every screen counts (outcome, reason, source, row, changes) stay in memory, a few bytes a row; cells are read
from ``rows.parquet`` when a query or a page needs them. The file is never changed.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from importer.desk.query import OF_FINDINGS, Term, named
from importer.models.decisions import Place
from importer.models.frames import RAW
from importer.models.outcomes import REASONS
from importer.reports.folder import phone_as_read, scan_rows
from importer.storage.summary import Summary

PAGE_ROWS = 100
_KEPT_MASKS = 64
"""Conditions whose rows are remembered, an eighth of a byte a row each."""

NOTED = "noted"
"""The state of rows with a note: nothing is decided by it."""

FACETS = ("outcome", "reason", "source")
_ASCII = re.compile(r"[\x20-\x7e]+\Z")
_FACTS = ("outcome", "reason", "source", "sheet", "changes")
FIXABLE = [reason.value for reason, info in REASONS.items() if info.is_fixable]
Decided = Callable[[], dict[str, pl.Series]]
"""Returns the positions of rows in each state (``STATES`` of the query)."""
Judged = Callable[[], pl.DataFrame]
"""Returns what is worth a look: ``position``, and a column for each of ``OF_FINDINGS``, among others."""


class RunTable:
    """The rows of one run; any thread may ask.

    Args:
        folder: the run's.
        summary: of the same rows.
        decided: what people decided so far.
        judged: what is worth a look, with the verdicts so far.
    """

    def __init__(self, folder: Path, summary: Summary, decided: Decided = dict, judged: Judged = pl.DataFrame) -> None:
        self._folder = folder
        self._summary = summary
        self._decided = decided
        self.judged = judged
        self._lock = Lock()
        self._masks: OrderedDict[Term, pl.Series] = OrderedDict()
        rows = scan_rows(folder)
        self.columns = rows.collect_schema().names()
        self._facts = rows.select(
            *(pl.col(name).cast(pl.Categorical) for name in _FACTS), "row", "batch"
        ).collect()  # fmt: skip
        self.rows = self._facts.height
        self._cells: pl.DataFrame | None = None

    @property
    def own(self) -> list[str]:
        """Return the names of the list's own columns, in order."""
        return [name.removeprefix(RAW) for name in self.columns if name.startswith(RAW)]

    def mask(self, terms: Sequence[Term]) -> pl.Series:
        """Return a Boolean for each row: True if all terms hold."""
        found = pl.repeat(value=True, n=self.rows, dtype=pl.Boolean, eager=True)
        for term in terms:
            hit = self._hit(term)
            found &= ~hit if term.is_not else hit
        return found

    def matching(self, terms: Sequence[Term]) -> pl.Series:
        """Return the positions of the rows for which all terms hold, in the order of the list."""
        return self.mask(terms).arg_true()

    def facets(self, terms: Sequence[Term]) -> dict[str, list[tuple[str, int]]]:
        """Return for each facet its values with their counts, most first, under all terms but the facet's own."""
        found = {}
        for facet in FACETS:
            others = [term for term in terms if term.key != facet]
            some = self._facts if not others else self._facts.filter(self.mask(others))
            counted = some.group_by(facet).len().sort("len", facet, descending=[True, False])
            found[facet] = [(str(value), rows) for value, rows in counted.iter_rows()]
        return found

    def count_by(self, column: str) -> list[tuple[str | None, str, int]]:
        """Count the rows by the cells of one of the list's own columns and by outcome."""
        counted = scan_rows(self._folder).group_by(RAW + column, "outcome").len().collect()
        return list(counted.iter_rows())

    def rules(self) -> list[tuple[str, int]]:
        """Return what was changed on the way, ``field:rule``, with the rows of each, most first."""
        # Counted as categories first: a million texts would take a hundred megabytes.
        counted = self._facts["changes"].drop_nulls().value_counts(name="len")
        counted = counted.with_columns(pl.col("changes").cast(pl.String))
        each = counted.with_columns(pl.col("changes").str.split("; ")).explode("changes")
        sums = each.group_by("changes").agg(pl.col("len").sum()).sort("len", "changes", descending=[True, False])
        return list(sums.iter_rows())

    def groups(self, is_left: pl.Series | None = None) -> pl.DataFrame:
        """Return the rows that a person can fix, grouped: ``reason``, ``shape``, ``rows``, ``cell``, most rows first.

        Only those for which ``is_left`` is True, if it is given.

        ``shape`` is the cell that is wrong with each digit as 9, empty if the cell is; ``cell`` that text itself if all
        rows of the group have the same, else null.
        """
        cells = self._wrong_cells()
        if is_left is not None:
            cells = cells.filter(is_left.gather(cells["position"]))
        cell = pl.when(pl.col("cell").n_unique() == 1).then(pl.first("cell"))
        grouped = cells.group_by("reason", "shape").agg(rows=pl.len(), cell=cell)
        return grouped.sort("rows", "reason", "shape", descending=[True, False, False])

    def positions_of(self, places: Iterable[Place]) -> dict[Place, int]:
        """Return the position of each of these rows; rows that the run does not have are left out."""
        wanted = set(places)
        numbers = pl.Series([row for *_, row in wanted], dtype=pl.UInt32)
        some = self._facts.select("source", "sheet", "row").with_row_index("position")
        near = some.filter(pl.col("row").is_in(numbers.implode())).with_columns(
            pl.col("source", "sheet").cast(pl.String)
        )
        found = {(source, sheet, row): at for at, source, sheet, row in near.iter_rows()}
        return {place: found[place] for place in wanted if place in found}

    def page(self, positions: pl.Series) -> list[dict[str, Any]]:
        """Return the rows at these positions with every column, and ``cell``: the phone as read."""
        if positions.is_empty():
            return []
        is_wanted = pl.col("position").is_between(positions.min(), positions.max()) & pl.col("position").is_in(
            positions.implode()
        )
        rows = scan_rows(self._folder).filter(is_wanted)
        return rows.with_columns(cell=phone_as_read(self._summary, self.columns)).collect().to_dicts()

    def _wrong_cells(self) -> pl.DataFrame:
        """Return ``position``, ``reason``, ``cell`` and ``shape`` of every row that a person can fix."""
        if self._cells is None:
            rows = scan_rows(self._folder).filter(pl.col("reason").is_in(FIXABLE))
            cell = phone_as_read(self._summary, self.columns).fill_null("").alias("cell")
            self._cells = rows.select("position", "reason", cell).with_columns(shape=shape(pl.col("cell"))).collect()
        return self._cells

    def _hit(self, term: Term) -> pl.Series:
        # People decide while we look, so what they decide is never remembered.
        if term.key == "is":
            return self._is(term.value)
        if term.key in OF_FINDINGS:
            judged = self.judged()
            return _at(judged.filter(has(judged[term.key], term.value))["position"].unique(), self.rows)
        key = Term(term.key, term.value, term.column)
        with self._lock:
            if (known := self._masks.get(key)) is not None:
                self._masks.move_to_end(key)
                return known
        found = self._computed(key).fill_null(value=False)
        with self._lock:
            self._masks[key] = found
            if len(self._masks) > _KEPT_MASKS:
                self._masks.popitem(last=False)
        return found

    def _computed(self, term: Term) -> pl.Series:
        if term.key == "shape":
            cells = self._wrong_cells()
            return _at(cells.filter(has(cells["shape"], term.value))["position"], self.rows)
        if term.key == "col":
            return self._column(term)
        if term.key in ("word", "number"):
            return self._text(term)
        return self._facts.select(self._fact(term)).to_series()

    def _fact(self, term: Term) -> pl.Expr:
        if term.key == "rule":
            kinds = [each for each in self._facts["changes"].unique().cast(pl.String).to_list() if each]
            return pl.col("changes").is_in([each for each in kinds if term.value in each.split("; ")])
        if term.key == "batch":
            return pl.col("batch") == int(term.value)
        if term.key == "row":
            first, _, last = term.value.partition("-")
            return pl.col("row").is_between(int(first), int(last or first))
        if term.key == "source":
            return _same(pl.col("source"), term.value) | _same(pl.col("sheet"), term.value)
        return pl.col(term.key).cast(pl.String) == term.value

    def _is(self, state: str) -> pl.Series:
        decided = dict(self._decided())
        noted = decided.pop(NOTED, pl.Series(dtype=pl.UInt32))
        if state == NOTED:
            return _at(noted, self.rows)
        if state in ("fixable", "todo"):
            is_open = _at(self._wrong_cells()["position"], self.rows)
            if state == "fixable":
                return is_open
            for positions in decided.values():
                is_open &= ~_at(positions, self.rows)
            return is_open
        if state == "done":
            every = [positions for positions in decided.values() if len(positions)]
            return _at(pl.concat(every).unique(), self.rows) if every else _at(pl.Series(dtype=pl.UInt32), self.rows)
        return _at(decided.get(state, pl.Series(dtype=pl.UInt32)), self.rows)

    def _column(self, term: Term) -> pl.Series:
        if RAW + term.column not in self.columns:
            return pl.repeat(value=False, n=self.rows, dtype=pl.Boolean, eager=True)
        cell = pl.col(RAW + term.column).fill_null("").str.strip_chars().str.to_lowercase()
        return scan_rows(self._folder).select(cell == term.value.lower()).collect(engine="streaming").to_series()

    def _text(self, term: Term) -> pl.Series:
        """Return True for rows with a cell that holds the word, in any case, or the number, in any spelling."""
        cells = [name for name in self.columns if name.startswith(RAW)]
        text = pl.concat_str("phone", *cells, separator="\n", ignore_nulls=True)
        if term.key == "number":
            found = text.str.contains("[^0-9\n]{0,3}".join(term.value))
        elif _ASCII.match(term.value):  # three times as fast as a pattern, and the same for such text
            found = text.str.contains_any([term.value], ascii_case_insensitive=True)
        else:
            found = text.str.contains(f"(?i){re.escape(term.value)}")
        return scan_rows(self._folder).select(found).collect(engine="streaming").to_series()


def has(texts: pl.Series, value: str) -> pl.Series:
    """Return True for each text that is ``value``, or that ``value`` is the hash of."""
    if not re.fullmatch("#[0-9a-f]{12}", value):
        return texts == value
    return texts.is_in([text for text in texts.unique().drop_nulls() if text == value or named(text) == value])


def shape(cell: pl.Expr) -> pl.Expr:
    """Return a cell's text with each digit as 9 and runs of spaces as one."""
    return cell.str.replace_all(r"[0-9]", "9").str.replace_all(r"\s+", " ").str.strip_chars()


def _same(column: pl.Expr, value: str) -> pl.Expr:
    return (column.cast(pl.String) == value).fill_null(value=False)


def _at(positions: pl.Series, rows: int) -> pl.Series:
    """Return True at these positions of ``rows`` rows."""
    flags = pl.repeat(value=False, n=rows, dtype=pl.Boolean, eager=True)
    return flags.scatter(positions, values=True) if len(positions) else flags
