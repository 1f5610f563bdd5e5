"""Single rows that differ from the rest: written in another dialect, or remarks between the rows."""

import polars as pl

from importer.models.frames import RAW
from importer.readers.delimited.careful import CarefulReader
from importer.readers.delimited.dialect import REMARK
from importer.readers.strays import REMARK_ROW, are_contacts, with_problem

_OTHER_DELIMITERS = (";", "\t", "|", ",")


class Misfits:
    """Checks each row of one table by itself; no row depends on another, nor on where a frame ends."""

    def __init__(self, columns: tuple[str, ...], delimiter: str, *, has_remarks: bool) -> None:
        """Take the table's columns and delimiter; ``has_remarks``: True if ``#`` at a row's start may mean a remark."""
        self._has_remarks = has_remarks
        self._names = [RAW + name for name in columns]
        self._others = {other: CarefulReader(other, len(columns)) for other in _OTHER_DELIMITERS if other != delimiter}

    def read(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the same rows, with rows of another dialect put into their columns and a ``problem`` for remarks."""
        return self._remarked(self._reread(frame))

    def _reread(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with rows of another delimiter, or with apostrophes as quotes, put into their columns."""
        first = frame[self._names[0]]
        # Quotes and remark signs sort before the digits, as few cells do: a cheap comparison spares most of the search.
        signs = (first < "0").arg_true()
        places = signs.filter(first.gather(signs).str.starts_with("'")).to_list()
        if len(self._names) > 2 and frame[self._names[1]].null_count():
            alone = (frame[self._names[1]].is_null() & first.is_not_null()).arg_true()
            texts = first.gather(alone)
            counts = pl.DataFrame([texts.str.count_matches(other, literal=True).alias(other) for other in self._others])
            has_enough = counts.select(pl.max_horizontal(pl.all()) >= len(self._names) - 1).to_series()
            places.extend(alone.filter(has_enough))
        if not places:
            return frame
        rows = frame[sorted(places), ["problem", *self._names]].rows()
        found = {
            place: self._in_other_dialect(cells)
            for place, (problem, *cells) in zip(sorted(places), rows, strict=True)
            if problem is None
        }
        reread = {place: cells for place, cells in found.items() if cells}
        if not reread:
            return frame
        kept = frame.with_row_index("place")
        others = kept[list(reread)].select(pl.exclude(self._names))
        cells = pl.DataFrame(list(reread.values()), dict.fromkeys(self._names, pl.String), orient="row")
        is_kept = ~pl.col("place").is_in(list(reread))
        mended = others.hstack(cells).select(kept.columns)
        return pl.concat([kept.filter(is_kept), mended]).sort("place").drop("place")

    def _in_other_dialect(self, cells: list[str | None]) -> list[str | None] | None:
        """Return the cells of a row that fits the columns with another delimiter or quote; None if it does not."""
        filled = [cell for cell in cells if cell]
        if len(filled) > 1:
            is_quoted = all(len(cell) > 2 and cell[0] == cell[-1] == "'" for cell in filled)
            return [cell[1:-1] or None if cell else None for cell in cells] if is_quoted else None
        for reader in self._others.values() if len(cells) > 2 else ():
            record = reader.record(filled[0], iter(()), is_end=True)
            if record and record.problem is None and len(record.cells) >= len(cells):
                return [cell or None for cell in record.cells[: len(cells)]]
        return None

    def _remarked(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with a ``problem`` for rows that begin like a remark and hold nobody's address or number."""
        if not self._has_remarks:
            return frame
        first = frame[self._names[0]]
        signs = (first < "0").arg_true()
        places = signs.filter(first.gather(signs).str.contains(f"^(?:{REMARK})"))
        if not len(places):
            return frame
        is_remark = pl.int_range(pl.len()).is_in(places.to_list())
        return with_problem(frame, is_remark & ~are_contacts(self._names), REMARK_ROW)
