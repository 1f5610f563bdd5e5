"""A row as the desk shows it: whole, or masked so that the screen can be shared."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from importer.desk import repairs
from importer.desk.query import named, quoted
from importer.models.decisions import Decision, RowState
from importer.models.frames import OURS, RAW
from importer.models.outcomes import REASONS, Reason
from importer.reports.folder import ON_LISTS
from importer.reports.masking import masked_cell, masked_email, masked_name, masked_phone
from importer.reports.wording import suppressed_by
from importer.storage.summary import SourceSummary, Summary

_OF_THE_API = {Reason.REJECTED_BY_API, Reason.SKIPPED_BY_API, Reason.REPLY_LOST}
"""Reasons whose details quote others' words, which may hold anything."""

_NAMES = ("first_name", "last_name")
FULL_NAME = "full_name"
"""A field of the list that becomes the two names."""
_FIELDS = (*_NAMES, "phone", "email")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a cell; ``is_changed`` if the other side has something else there."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a row before and after, with the rules that changed it; ``after`` is empty if nothing is sent."""

    field: str
    before: list[Piece]
    after: list[Piece]
    rules: list[str]


@dataclass(frozen=True, slots=True)
class Note:
    """A note on a row: its text, who wrote it and when; ``is_wrong`` if it calls a repair wrong."""

    text: str
    who: str
    when: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class RowView:
    """A row for the screen; every text may be shown as it is.

    Attributes:
        place: its list, and the sheet; for people.
        query: finds this row alone.
        cell: what the phone columns hold as read.
        why: what is wrong, or what happened.
        kept: the row that was kept in place of a duplicate, as a query and in words; None if it is none.
        fields: each field as read and as sent.
        own: the list's own columns; empty if masked.
        notes: what people noted on it.
    """

    position: int
    row: int
    place: str
    query: str
    outcome: str
    reason: str
    why: str
    fix: str
    phone: str
    cell: str
    name: str
    email: str
    kept: tuple[str, str] | None
    batch: int | None
    contact_id: str | None
    fields: list[Change]
    own: list[tuple[str, str]]
    notes: list[Note]


def view(row: Mapping[str, Any], summary: Summary, state: RowState | None, *, is_masked: bool) -> RowView:
    """Return a row of ``RunTable.page`` for the screen; ``state`` is what is decided on it."""
    reason = Reason(row["reason"])
    info = REASONS[reason]
    is_quoting = is_masked and reason in _OF_THE_API
    show = masker(is_masked=is_masked)
    source = _source(row, summary)
    own = [] if is_masked else [
        (name.removeprefix(RAW), text)
        for name, text in row.items()
        if name.startswith(RAW) and text is not None and not name.startswith(RAW + OURS)
    ]  # fmt: skip
    return RowView(
        position=row["position"],
        row=row["row"],
        place=row["source"] + (f", {row['sheet']}" if row["sheet"] is not None else ""),
        query=_finding(row["source"], row["sheet"], row["row"], summary),
        outcome=row["outcome"],
        reason=reason.value,
        why=info.meaning if is_quoting else _why(row["detail"] or info.meaning, reason, summary),
        fix=info.fix.replace(" RUN", f" {summary.run_id}"),
        phone=show.phone(row["phone"]),
        cell=show.cell(row["cell"]),
        name=show.name(row["first_name"], row["last_name"]),
        email=show.email(row["email"]),
        kept=_kept(row, summary),
        batch=row["batch"],
        contact_id=row["contact_id"],
        fields=[change for field in _FIELDS if (change := change_of(row, field, source, is_masked=is_masked))],
        own=own,
        notes=notes_of(state, is_masked=is_masked),
    )


def notes_of(state: RowState | None, *, is_masked: bool) -> list[Note]:
    """Return the notes on a row, the latest last."""
    lines = [] if state is None else sorted(state.notes.values(), key=lambda line: line.seq)
    return [note_of(line, is_masked=is_masked) for line in lines]


def note_of(line: Decision, *, is_masked: bool) -> Note:
    """Return a line that holds a note for the screen; masked, what somebody wrote in their own words is left out."""
    own = "" if is_masked else line.now or ""
    text = f"wrong repair: {repairs.in_words(line.field)}" if line.field else own
    return Note(text, line.who, f"{line.at.astimezone():%-d %b, %H:%M}", is_wrong=bool(line.field))


def change_of(row: Mapping[str, Any], field: str, source: SourceSummary | None, *, is_masked: bool) -> Change | None:
    """Return a field of a row before and after; None if it is empty on both sides."""
    columns = [] if source is None else source.mapping.get(field) or []
    if not columns and field in _NAMES and source is not None:
        columns = source.mapping.get("full_name", [])
    before = " · ".join(text for column in columns if (text := row.get(RAW + column)))
    after = " ".join(row[name] for name in _NAMES if row[name]) if field == FULL_NAME else row[field] or ""
    if not before and not after:
        return None
    codes = [code.partition(":") for code in (row["changes"] or "").split("; ")]
    rules = [rule.replace("-", " ") for name, _, rule in codes if name == field]
    if is_masked:
        show = _Masked()
        masks = {"phone": show.phone, "email": show.email}
        sent = masks[field](after) if field in masks else show.name(after)
        read = (
            masked_cell(before)
            if field == "phone"
            else masked_name(before)
            if field in (*_NAMES, FULL_NAME)
            else show.email(before)
        )
        return Change(field.replace("_", " "), [Piece(read, False)], [Piece(sent, False)], rules)
    return Change(field.replace("_", " "), *differences(before, after), rules)


def masker(*, is_masked: bool) -> "type[_Plain | _Masked]":
    """Return what shows names, numbers, addresses and cells: as they are, or masked."""
    return _Masked if is_masked else _Plain


def name_for_query(text: str, *, is_masked: bool) -> str:
    """Return a group's text as the value of a query; masked it stands there as a hash, which says nothing of it."""
    if is_masked and text:
        return named(text)
    return quoted(text) if text else '""'


def phone_of(phone: str | None, *, is_masked: bool) -> str:
    """Return a number in E.164 as the desk shows it; empty if there is none."""
    return masker(is_masked=is_masked).phone(phone)


def differences(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Return both texts in pieces, with those marked that the other has not."""
    if not after:
        return [Piece(before, False)], []
    return _pieces(before, after)


def apart(text: str, other: str) -> tuple[list[Piece], list[Piece]]:
    """Return two texts in pieces, with the words marked that the other has not: letters alike by chance are no help."""
    return _pieces(re.findall(r"\w+|\W", text), re.findall(r"\w+|\W", other))


def _pieces(before: Sequence[str], after: Sequence[str]) -> tuple[list[Piece], list[Piece]]:
    left, right = [], []
    for kind, i, j, k, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        is_changed = kind != "equal"
        left += [Piece("".join(before[i:j]), is_changed)] if j > i else []
        right += [Piece("".join(after[k:end]), is_changed)] if end > k else []
    return left, right


class _Plain:
    """Values as they are."""

    @staticmethod
    def phone(text: str | None) -> str:
        """Return a number with spaces where people read it, such as ``+1 512 555 0143``; others as they are."""
        american = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", text or "")
        return f"+1 {american[1]} {american[2]} {american[3]}" if american else text or ""

    @staticmethod
    def cell(text: str | None) -> str:
        return text or ""

    @staticmethod
    def email(text: str | None) -> str:
        return text or ""

    @staticmethod
    def name(*names: str | None) -> str:
        return " ".join(name for name in names if name)


class _Masked:
    """Values that may be shared."""

    phone = staticmethod(masked_phone)
    cell = staticmethod(masked_cell)
    email = staticmethod(masked_email)
    name = staticmethod(masked_name)


def _source(row: Mapping[str, Any], summary: Summary) -> SourceSummary | None:
    return next((s for s in summary.sources if (s.file, s.sheet) == (row["source"], row["sheet"])), None)


def _why(text: str, reason: Reason, summary: Summary) -> str:
    """Return a row's detail, of one that suppression lists hold back with their names."""
    lists = suppressed_by(summary)
    return f"{text} ({lists})" if lists and reason is Reason.SUPPRESSED and ON_LISTS in text else text


def _kept(row: Mapping[str, Any], summary: Summary) -> tuple[str, str] | None:
    if row["kept_row"] is None:
        return None
    query = _finding(row["kept_source"], row["kept_sheet"], row["kept_row"], summary)
    return query, f"row {row['kept_row']} of {row['kept_source']}"


def _finding(source: str, sheet: str | None, row: int, summary: Summary) -> str:
    """Return the query that finds a row: by its number alone where the run has one list."""
    if len(summary.sources) == 1:
        return f"row:{row}"
    return " ".join([f"row:{row}", *(f"source:{quoted(name)}" for name in (source, sheet) if name is not None)])
