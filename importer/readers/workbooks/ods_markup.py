"""The markup of ods rows, split at every ``<``, and the cells in it that are no more than a value and a text.

A CSV reader splits it, in a tenth of the time of an XML parser. What stands between two ``<`` is a line: a tag and the
text after it. A cell of one paragraph is four lines: its tag, ``text:p>`` and the text, and the two end tags.
"""

import re
from dataclasses import dataclass
from io import BytesIO

import polars as pl
from polars.exceptions import ComputeError

from importer.readers.workbooks.plain_xml import NO_SIGN, NotPlainError, normalised

_AFTER_TAG = " \r\n\t"
_COVERED = "table:covered-table-cell"
_AROUND_ROWS = "^table:table-row[s-]"
_SPACED = re.compile(rb">[ \r\n\t]")
_START_BYTES = 64 << 10
_PARAGRAPH = r'(?s)^text:p(?: [\w:.-]+="[^"]*")+ ?>(.*)$'
_SPACES = re.compile(rb'<text:s(?: text:c="(\d{1,4})")? ?/>')
_UNSEEN = re.compile(rb'<text:(a|span)(?: [\w:.-]+="[^"<]*")*>([^<]*)</text:\1>')
_SIGNS = ((b"<text:tab/>", b"\t"), (b"<text:line-break/>", b"\n"))
_CONTENT = re.compile(rb"(?<=>)(?:<text:p>[^<]*(?:<(?!/text:p>)[^<]*)*</text:p>)+(?=</table:)")


@dataclass(frozen=True, slots=True)
class Markup:
    """Rows of a sheet, split.

    Attributes:
        lines: the markup without its ``<``.
        starts: index of the line of each row's tag.
        rows: the tags of the rows.
        cells: their ``tag``; the index of the row (``number``); the text that they display (``shown``), with XML's
            entities; ``is_odd`` if they hold more than that.
    """

    lines: pl.Series
    starts: pl.Series
    rows: pl.Series
    cells: pl.DataFrame

    def of(self, numbers: pl.Series) -> bytes:
        """Return the markup of some rows, by their indexes in rising order."""
        ends = self.starts.shift(-1, fill_value=self.lines.len())
        places = pl.DataFrame({"start": self.starts.gather(numbers), "end": ends.gather(numbers)})
        lines = self.lines.gather(places.select(pl.int_ranges("start", "end").explode()).to_series())
        return b"<" + str(lines.fill_null("").str.join("<").item()).encode()


def split(markup: bytes) -> Markup:
    """Return the rows and cells of the markup, which begins with the tag of a row or of what is around rows.

    Raises:
        NotPlainError: it must be parsed as XML.
    """
    lines = _lines(markup)
    # Indented markup: the blanks after a tag are no text, and would hide the tag's end.
    bare = lines.str.strip_chars_end(_AFTER_TAG) if _SPACED.search(markup, 0, _START_BYTES) else lines
    is_tag = bare.str.starts_with("table:").fill_null(value=False)
    tags = bare.filter(is_tag)
    is_row = tags.str.starts_with("table:table-row")
    if tags.filter(is_row).str.contains(_AROUND_ROWS).any():
        is_row &= ~tags.str.contains(_AROUND_ROWS)
    is_cell = tags.str.starts_with("table:table-cell")
    if not (is_row | is_cell).all():
        is_cell |= tags.str.starts_with(_COVERED)
    number = is_row.cum_sum().cast(pl.Int64) - 1
    cells = pl.DataFrame({"tag": tags, "number": number, **_texts(tags, lines, bare, is_tag)}).filter(is_cell)
    starts = is_tag.arg_true().filter(is_row).cast(pl.Int64)
    return Markup(lines, starts, tags.filter(is_row), cells)


def simplified(markup: bytes) -> bytes:
    """Return markup that displays the same, whose cells hold no links and styles, and spaces as characters.

    Only what begins and ends within the text of a cell: the rest is for a parser, which refuses broken markup.
    """
    return _CONTENT.sub(lambda match: _simplified(match[0]), markup)


def _simplified(content: bytes) -> bytes:
    content = _SPACES.sub(lambda match: b" " * int(match[1] or 1), content)
    for element, sign in _SIGNS:
        content = content.replace(element, sign)
    return _UNSEEN.sub(rb"\2", content).replace(b"</text:p><text:p>", b"\n")


def _lines(markup: bytes) -> pl.Series:
    tags = BytesIO(normalised(markup))
    tags.seek(1)
    try:
        return pl.read_csv(
            tags, has_header=False, separator=NO_SIGN, eol_char="<", quote_char=None, schema={"line": pl.String}
        ).to_series()
    except ComputeError:  # not UTF-8
        raise NotPlainError from None


def _is_end(tags: pl.Series) -> pl.Series:
    return ((tags == "/table:table-cell>") | (tags == f"/{_COVERED}>")).fill_null(value=False)


def _texts(tags: pl.Series, lines: pl.Series, bare: pl.Series, is_tag: pl.Series) -> dict[str, pl.Series]:
    """Return ``shown`` and ``is_odd`` of each tag's cell, by the lines after it."""

    def after(series: pl.Series, count: int) -> pl.Series:
        # A slice, as opposed to a shift, copies nothing.
        found = series.slice(count).filter(is_tag.head(max(0, is_tag.len() - count)))
        return found.extend_constant(None, tags.len() - found.len()) if found.len() < tags.len() else found

    text, second, third = after(lines, 1), after(bare, 2), after(bare, 3)
    first = text if bare is lines else after(bare, 1)
    is_closed = tags.str.ends_with("/>")
    is_whole = (second == "/text:p>").fill_null(value=False) & _is_end(third) & ~is_closed
    is_text = (is_whole & text.str.starts_with("text:p>")).fill_null(value=False)
    shown = text.str.strip_prefix("text:p>").zip_with(is_text, pl.Series([""]))
    styled = (is_whole & text.str.starts_with("text:p ")).arg_true()
    if styled.len():
        found = text.gather(styled).str.extract(_PARAGRAPH)
        is_text = is_text.scatter(styled, found.is_not_null())
        shown = shown.scatter(styled, found.fill_null(""))
    is_blank = _is_end(first) | ((first == "text:p/>").fill_null(value=False) & _is_end(second))
    return {"shown": shown, "is_odd": ~(is_closed | is_text | is_blank)}
