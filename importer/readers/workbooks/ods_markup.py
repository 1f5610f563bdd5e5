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
_FEW_ROWS = 8
_PARAGRAPH = r'(?s)^text:p(?: [\w:.-]+="[^"]*")+ ?>(.*)$'
_INLINE = re.compile(
    rb'<text:(?:(a|span)(?: [\w:.-]+="[^"<]*")*>([^<]*)</text:\1>|(tab|line-break)/>|s(?: text:c="(\d{1,4})")? ?/>)'
)
_SIGNS = {b"tab": b"\t", b"line-break": b"\n"}
_PARAGRAPHS = re.compile(rb"<text:p>[^<]*(?:</text:p><text:p>[^<]*)+</text:p>")
_BETWEEN = b"</text:p><text:p>"
_RICH = re.compile(rb"<text:[abt-z]|</text:p><text:p>|<text:s[ /p]")


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

    Only whole elements without others within: the rest is for a parser, which refuses broken markup.
    """
    markup = _INLINE.sub(_shown, markup)
    if b">" + _BETWEEN in markup:  # an empty paragraph, or the end of none
        return _PARAGRAPHS.sub(lambda match: match[0].replace(_BETWEEN, b"\n"), markup)
    return markup.replace(_BETWEEN, b"\n")


def is_rich(markup: bytes) -> bool:
    """Return True if many rows at the start hold what ``simplified`` does away with."""
    start = markup[:_START_BYTES]
    return len(_RICH.findall(start)) * _FEW_ROWS > start.count(b"<table:table-row")


def _shown(element: re.Match[bytes]) -> bytes:
    _, text, sign, spaces = element.groups()
    if text is not None:
        return text
    return _SIGNS[sign] if sign else b" " * int(spaces or 1)


def _lines(markup: bytes) -> pl.Series:
    tags = BytesIO(normalised(markup))
    tags.seek(1)
    try:
        return pl.read_csv(
            tags, has_header=False, separator=NO_SIGN, eol_char="<", quote_char=None, schema={"line": pl.String}
        ).to_series()
    except ComputeError:  # not UTF-8
        raise NotPlainError from None


def _texts(tags: pl.Series, lines: pl.Series, bare: pl.Series, is_tag: pl.Series) -> dict[str, pl.Series]:
    """Return ``shown`` and ``is_odd`` of each tag's cell, by the lines after it."""

    def after(is_so: pl.Series, count: int) -> pl.Series:
        return is_so.shift(-count, fill_value=False).filter(is_tag).fill_null(value=False)

    # All lines are compared, since that takes less time than to gather those in question.
    is_end = (bare == "/table:table-cell>") | (bare == f"/{_COVERED}>")
    is_closed = tags.str.ends_with("/>")
    is_whole = after(bare == "/text:p>", 2) & after(is_end, 3) & ~is_closed
    text = lines.slice(1).filter(is_tag.head(max(0, is_tag.len() - 1)))
    if text.len() < tags.len():
        text = text.extend_constant(None, 1)
    is_text = (is_whole & text.str.starts_with("text:p>")).fill_null(value=False)
    shown = text.str.strip_prefix("text:p>").zip_with(is_text, pl.Series([""]))
    styled = (is_whole & text.str.starts_with("text:p ")).arg_true()
    if styled.len():
        found = text.gather(styled).str.extract(_PARAGRAPH)
        is_text = is_text.scatter(styled, found.is_not_null())
        shown = shown.scatter(styled, found.fill_null(""))
    is_blank = after(is_end, 1) | (after(bare == "text:p/>", 1) & after(is_end, 2))
    return {"shown": shown, "is_odd": ~(is_closed | is_text | is_blank)}
