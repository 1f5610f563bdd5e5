"""Texts of an xlsx file: what XML and SpreadsheetML escape, and the table of texts that cells share."""

import re
from collections.abc import Callable

import polars as pl

from importer.workbooks.plain_xml import NotPlainError, split

_NAMED = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
_ENTITY = re.compile(r"&(?:#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))|(?:lt|gt|quot|apos|amp));")
_NO_ENTITY = re.compile(r"&(?!(?:#x[0-9A-Fa-f]{1,6}|#[0-9]{1,7}|lt|gt|quot|apos|amp);)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PHONETIC = re.compile(rb"<rPh[ >].*?</rPh>", re.DOTALL)
_ITEM = re.compile(rb"<si(?:\s[^>]*)?(?:/>|>(.*?)</si>)", re.DOTALL)
_RUN = re.compile(rb"<t(?:\s[^>]*)?>([^<]*)</t>")


def unescaped(texts: pl.Series) -> pl.Series:
    """What the texts stand for: XML's entities, and ``_x000D_`` for characters that XML cannot hold.

    Raises:
        NotPlainError: there are other entities.
    """
    texts = parsed(texts)
    if texts.str.contains("_x", literal=True).any():
        texts = _changed(texts, texts, texts.str.contains(_ESCAPED.pattern), _without_escapes)
    return texts


def parsed(texts: pl.Series) -> pl.Series:
    """The texts with XML's entities resolved.

    Raises:
        NotPlainError: there are other entities.
    """
    if texts.str.contains("&", literal=True).any():
        if any(map(_NO_ENTITY.search, texts.filter(texts.str.contains("&", literal=True).fill_null(value=False)))):
            raise NotPlainError
        has_code = texts.str.contains("&#", literal=True)
        named = texts.str.replace_many(list(_NAMED), list(_NAMED.values()))
        texts = _changed(named, texts, has_code, lambda text: _ENTITY.sub(_character, text))
    return texts


def shared_texts(markup: bytes) -> pl.Series:
    """The texts of ``sharedStrings.xml`` in their order: runs of one text are joined, phonetic readings left out.

    Raises:
        NotPlainError: it is no plain markup.
    """
    if b"<r>" in markup or b"<rPh" in markup or b"<si/>" in markup:
        markup = _ITEM.sub(_as_one_run, markup)
    cells = split(markup, b"<si>", 4)
    if cells.height != markup.count(b"<si") or b":si" in markup:
        raise NotPlainError
    opening, *closing = (cells[name] for name in cells.columns)
    is_text = opening.is_null() & closing[0].str.starts_with("t") & (closing[1] == "/t>") & (closing[2] == "/si>")
    if not is_text.all() or (is_text.null_count()):
        raise NotPlainError
    return unescaped(content(closing[0]))


def content(tags: pl.Series) -> pl.Series:
    """What stands after each tag: ``x`` for ``t>x`` and ``t xml:space="preserve">x``; null where that is nothing."""
    is_bare = (tags.str.slice(1, 1) == ">").fill_null(value=True)
    found = tags.str.slice(2)
    if not is_bare.all():
        found = found.zip_with(is_bare, tags.str.splitn(">", 2).struct.field("field_1"))
    return found.replace("", None)


def _as_one_run(item: re.Match[bytes]) -> bytes:
    return b"<si><t>" + b"".join(_RUN.findall(_PHONETIC.sub(b"", item[1] or b""))) + b"</t></si>"


def _changed(others: pl.Series, texts: pl.Series, which: pl.Series, change: Callable[[str], str]) -> pl.Series:
    """``others``, and where ``which`` is true, the changed texts."""
    places = which.arg_true()
    return others.scatter(places, pl.Series([change(text) for text in texts.gather(places)], dtype=pl.String))


def _character(entity: re.Match[str]) -> str:
    sixteen, ten = entity.groups()
    if sixteen is None and ten is None:
        return _NAMED[entity[0]]
    code = int(sixteen, 16) if sixteen else int(ten)
    return chr(code) if code < 0xD800 or 0xDFFF < code <= 0x10FFFF else "\ufffd"


def _without_escapes(text: str) -> str:
    plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
