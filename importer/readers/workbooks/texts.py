"""Texts of an xlsx file: the escapes of XML and SpreadsheetML, and the table of texts that cells share."""

import re
from collections.abc import Callable

import polars as pl

from importer.readers.workbooks.plain_xml import NotPlainError, split

_NAMED = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
_ENTITY = re.compile(r"&(?:#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))|(?:lt|gt|quot|apos|amp));")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_BLANK = b"<si><t></t></si>"
_RUN = re.compile(rb"<t(?:\s[^<>]*)?>([^<]*)</t>")


def unescaped(texts: pl.Series) -> pl.Series:
    """Return the texts without escapes: XML's entities, and ``_x000D_`` for characters that XML cannot hold.

    Raises:
        NotPlainError: there are other entities.
    """
    texts = parsed(texts)
    if texts.str.contains("_x", literal=True).any():
        texts = _changed(texts, texts, texts.str.contains(_ESCAPED.pattern), _without_escapes)
    return texts


def parsed(texts: pl.Series) -> pl.Series:
    """Return the texts with XML's entities resolved.

    Raises:
        NotPlainError: there are other entities.
    """
    places = texts.str.contains("&", literal=True).arg_true()
    if not places.len():
        return texts
    some = texts.gather(places)
    if some.str.replace_all(_ENTITY.pattern, "").str.contains("&", literal=True).any():
        raise NotPlainError
    named = some.str.replace_many(list(_NAMED), list(_NAMED.values()))
    has_code = some.str.contains("&#", literal=True)
    return texts.scatter(places, _changed(named, some, has_code, lambda text: _ENTITY.sub(_character, text)))


def shared_texts(markup: bytes) -> pl.Series:
    """Return the texts of ``sharedStrings.xml`` in order, with runs joined and without phonetic readings.

    Raises:
        NotPlainError: it is no plain markup.
    """
    if b"<r>" in markup or b"<rPh" in markup or b"<si/>" in markup:
        markup = _with_one_run(markup)
    cells = split(markup, b"<si>", 4)
    if cells.height != markup.count(b"<si") or b":si" in markup:
        raise NotPlainError
    opening, *closing = (cells[name] for name in cells.columns)
    is_text = opening.is_null() & closing[0].str.starts_with("t") & (closing[1] == "/t>") & (closing[2] == "/si>")
    if not is_text.all() or (is_text.null_count()):
        raise NotPlainError
    return unescaped(content(closing[0]))


def content(tags: pl.Series) -> pl.Series:
    """Return the text after each tag: ``x`` for ``t>x`` and ``t xml:space="preserve">x``; null if it is empty."""
    is_bare = (tags.str.slice(1, 1) == ">").fill_null(value=True)
    found = tags.str.slice(2)
    if not is_bare.all():
        found = found.zip_with(is_bare, tags.str.splitn(">", 2).struct.field("field_1"))
    return found.replace("", None)


def _with_one_run(markup: bytes) -> bytes:
    """Return the items with all runs joined to one, without phonetic readings.

    Raises:
        NotPlainError: it is no plain markup.
    """
    found = []
    *items, below = markup.split(b"</si>")
    for item in items:
        above, begin, inner = item.partition(b"<si>")
        first, *others = inner.split(b"<rPh")
        readings = [other.partition(b"</rPh>") for other in others]
        if not begin or not all(end for _, end, _ in readings):
            raise NotPlainError
        shown = b"".join([first, *(rest for _, _, rest in readings)])
        found += [*[_BLANK] * above.count(b"<si/>"), b"<si><t>", *_RUN.findall(shown), b"</t></si>"]
    found += [_BLANK] * below.count(b"<si/>")
    if sum(part.startswith(b"<si>") for part in found) != markup.count(b"<si"):
        raise NotPlainError
    return b"".join(found)


def _changed(others: pl.Series, texts: pl.Series, which: pl.Series, change: Callable[[str], str]) -> pl.Series:
    """Return ``others`` with the changed texts at the indexes where ``which`` is true."""
    places = which.arg_true()
    return others.scatter(places, pl.Series([change(text) for text in texts.gather(places)], dtype=pl.String))


def _character(entity: re.Match[str]) -> str:
    sixteen, ten = entity.groups()
    if sixteen is None and ten is None:
        return _NAMED[entity[0]]
    code = int(sixteen, 16) if sixteen else int(ten)
    return chr(code) if code < 0xD800 or 0xDFFF < code <= 0x10FFFF else "\ufffd"


def _without_escapes(text: str) -> str:
    # Two escapes may be a surrogate pair, which is one character; half a pair becomes U+FFFD.
    plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
