"""The words of the product: outcomes, reasons, sources and what a run tells whoever watches it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Outcome(StrEnum):
    """What became of a source row; every row has exactly one."""

    IMPORTED = "imported"
    SKIPPED = "skipped"
    ERRORED = "errored"
    UNCONFIRMED = "unconfirmed"
    PLANNED = "planned"


class Reason(StrEnum):
    """Why; the codes are public and never renamed. ``REASONS`` tells the outcome, the meaning and the fix of each."""

    CONFIRMED = "confirmed"
    BLANK_ROW = "blank-row"
    DUPLICATE_IN_FILE = "duplicate-in-file"
    ALREADY_IMPORTED = "already-imported"
    SUPPRESSED = "suppressed"
    NO_CONSENT = "no-consent"
    SKIPPED_BY_API = "skipped-by-api"
    MALFORMED_ROW = "malformed-row"
    PHONE_MISSING = "phone-missing"
    PHONE_INVALID = "phone-invalid"
    PHONE_DAMAGED = "phone-damaged"
    PHONE_AMBIGUOUS = "phone-ambiguous"
    FIELD_INVALID = "field-invalid"
    REJECTED_BY_API = "rejected-by-api"
    NOT_SENT = "not-sent"
    REPLY_LOST = "reply-lost"
    NOT_NAMED = "not-named"
    PRESENT = "present"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class ReasonInfo:
    """What a reason code tells a person.

    Attributes:
        outcome: the outcome that a row with this reason has.
        meaning: what happened, in one sentence.
        fix: what a person can do about it; empty where nothing is needed.
        is_fixable: whether the row goes into the retry file, because a corrected cell would let it through.
    """

    outcome: Outcome
    meaning: str
    fix: str = ""
    is_fixable: bool = False


REASONS: dict[Reason, ReasonInfo] = {
    Reason.CONFIRMED: ReasonInfo(Outcome.IMPORTED, "The API confirmed that the contact was created."),
    Reason.BLANK_ROW: ReasonInfo(Outcome.SKIPPED, "The row is empty."),
    Reason.DUPLICATE_IN_FILE: ReasonInfo(
        Outcome.SKIPPED, "Another row of this run has the same number; that row was kept (kept_row)."
    ),
    Reason.ALREADY_IMPORTED: ReasonInfo(Outcome.SKIPPED, "An earlier run imported this number into the same account."),
    Reason.SUPPRESSED: ReasonInfo(Outcome.SKIPPED, "The number is on the suppression list."),
    Reason.NO_CONSENT: ReasonInfo(Outcome.SKIPPED, "The row says that the person did not agree to be contacted."),
    Reason.SKIPPED_BY_API: ReasonInfo(
        Outcome.SKIPPED, "The number was in the account already, or the API skipped the row; the detail says which."
    ),
    Reason.MALFORMED_ROW: ReasonInfo(
        Outcome.ERRORED,
        "The row's cells cannot be told apart (a stray quote, or more cells than columns).",
        "Compare the row with the file, put each value into its column, and import the retry file.",
        is_fixable=True,
    ),
    Reason.PHONE_MISSING: ReasonInfo(
        Outcome.ERRORED, "The row has no phone number.", "Fill in a phone number.", is_fixable=True
    ),
    Reason.PHONE_INVALID: ReasonInfo(
        Outcome.ERRORED,
        "The number does not exist in the numbering plan of its country.",
        "Correct the number, or write it with + and the country's code.",
        is_fixable=True,
    ),
    Reason.PHONE_DAMAGED: ReasonInfo(
        Outcome.ERRORED,
        "A spreadsheet rounded the number and its last digits are lost.",
        "Get the number from where the list was made: the digits are not in this file any more.",
        is_fixable=True,
    ),
    Reason.PHONE_AMBIGUOUS: ReasonInfo(
        Outcome.ERRORED,
        "The number is written without its country, and no country is known for the row.",
        "Import with --region (such as --region US), add a country column, or write the number with + and its code.",
        is_fixable=True,
    ),
    Reason.FIELD_INVALID: ReasonInfo(
        Outcome.ERRORED,
        "A field holds what the API cannot take.",
        "Correct the field named in the detail.",
        is_fixable=True,
    ),
    Reason.REJECTED_BY_API: ReasonInfo(
        Outcome.ERRORED,
        "The API refused the contact; its words are in the detail.",
        "Correct what the API names.",
        is_fixable=True,
    ),
    Reason.NOT_SENT: ReasonInfo(
        Outcome.ERRORED, "The run stopped before this row was sent.", "Run: importer resume RUN"
    ),
    Reason.REPLY_LOST: ReasonInfo(
        Outcome.UNCONFIRMED,
        "The row was sent and the answer was lost: it may or may not be in the account.",
        "Run: importer resume RUN (it reads the account back before it sends anything again).",
    ),
    Reason.NOT_NAMED: ReasonInfo(
        Outcome.UNCONFIRMED,
        "The API counted some rows of this batch differently and did not say which.",
        "The exact counts are in the table of batches.",
    ),
    Reason.PRESENT: ReasonInfo(
        Outcome.UNCONFIRMED,
        "The number is in the account; whether this run put it there or somebody before is not known.",
    ),
    Reason.READY: ReasonInfo(Outcome.PLANNED, "The row would be sent; nothing was sent on purpose."),
}


class Finding(StrEnum):
    """What a person should look at though nothing kept the rows back; the codes are public and never renamed."""

    TWO_PEOPLE = "one-number-two-people"
    TWO_NUMBERS = "one-person-two-numbers"
    EMAIL = "email-perhaps-mistyped"


@dataclass(frozen=True, slots=True)
class FindingInfo:
    """What a finding tells a person: a title, what it means, and what to do about it."""

    title: str
    meaning: str
    fix: str


FINDINGS: dict[Finding, FindingInfo] = {
    Finding.TWO_PEOPLE: FindingInfo(
        "One number, two people",
        "The row was skipped because its number had been seen, but there under clearly another name.",
        "Find out whose number it is. If both share it, nothing is lost but the second name.",
    ),
    Finding.TWO_NUMBERS: FindingInfo(
        "One person, two numbers",
        "The row looks like a row before it that has another number: perhaps one person who is now two contacts.",
        "Compare the two; nothing was merged. Delete the contact that is one too many.",
    ),
    Finding.EMAIL: FindingInfo(
        "E-mail addresses that are perhaps mistyped",
        "The domain of the e-mail address is a letter away from one that many people use; nothing was changed.",
        "Correct the address in the list, or in the account, if it is wrong.",
    ),
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Lines of a text file, or rows of a sheet, that are no rows of the list.

    Attributes:
        what: ``blank`` (above the list), ``sep`` (a line such as ``sep=;``), ``remark``, ``title``, ``header``,
            ``rule`` (a line of dashes) or ``footer``.
        first, last: physical lines, or rows of the sheet, starting at 1.
    """

    what: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class EncodingGuess:
    """What stands against an encoding that nothing in the file proves.

    Attributes:
        runner_up: the second likeliest encoding.
        words: up to three words of the file, each as it was read and as the runner-up would have it.
    """

    runner_up: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One table as it was understood: a plain file, or one sheet of a workbook.

    Attributes:
        path: where the file is.
        file: its name as shown in reports; the path as given where two files of a run have one name.
        sha256: of the file's bytes, hex.
        size_bytes: of the file.
        format: ``csv``, ``xlsx``, ``xls``, ``xlsb``, ``ods`` … (``csv`` stands for all delimited text).
        columns: unique, non-empty names in file order; an empty header becomes ``column N`` (N starts at 1), a
            repeated one gets `` (2)``, `` (3)`` ….
        header_row: the header's row as a spreadsheet shows it, starting at 1; None where the file has no header.
        encoding, delimiter: of delimited text; None for workbooks.
        encoding_guess: where the encoding is a guess.
        left_out: of delimited text, the lines above and below the rows, in order; of a sheet, the rows below.
        sheet: the sheet's name; None for plain files.
        notes: what a person should know of how the file was understood, one sentence each, without cell values.
    """

    path: Path
    file: str
    sha256: str
    size_bytes: int
    format: str
    columns: tuple[str, ...]
    header_row: int | None
    encoding: str | None = None
    encoding_guess: EncodingGuess | None = None
    delimiter: str | None = None
    left_out: tuple[LeftOut, ...] = ()
    sheet: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """File and sheet, as a message names them."""
        return self.file if self.sheet is None else f"{self.file}, sheet {self.sheet}"

    @property
    def has_names(self) -> bool:
        """Whether the columns have names of their own: a header, or those that a format such as JSON gives."""
        return self.header_row is not None or any(not re.fullmatch(r"column \d+", column) for column in self.columns)


SURE = 65
"""Points of 100 from which on a column fills a field without anybody being asked.

``python -m tests.header_mapping`` shows what is understood, asked and got wrong with it.
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column that may fill a field: how sure that is, 0 to 100 points, and why, in a few words."""

    column: str
    confidence: int
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """How one field got its columns: those ``chosen``, and those that ``lost``, the best first."""

    field: str
    chosen: tuple[Candidate, ...]
    lost: tuple[Candidate, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Whether nobody need be asked."""
        return all(candidate.confidence >= SURE for candidate in self.chosen)

    def candidates(self) -> tuple[Candidate, ...]:
        """All columns that may fill the field, the best first."""
        return self.chosen + self.lost


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column of one source fills which field of a contact.

    Attributes:
        first_name, last_name, full_name, email, country: a column's name, or None.
        phones: the phone columns in the order in which they are tried; at least one.
        consent: the columns that tell whether a person may be contacted.
        metadata: the columns that travel as metadata, in file order.
        notes: why it was decided so, one sentence each, for people.
        decisions: how sure that is, one for each field that a column fills or could fill.
    """

    phones: tuple[str, ...]
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    email: str | None = None
    country: str | None = None
    consent: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()

    def doubts(self) -> tuple[Decision, ...]:
        """The decisions that a person should make."""
        return tuple(decision for decision in self.decisions if not decision.is_sure)

    def fields(self) -> dict[str, tuple[str, ...]]:
        """The contact fields that have columns, each with its columns; metadata left out."""
        single = {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "full_name": self.full_name,
            "email": self.email,
            "country": self.country,
        }
        several = {"phone": self.phones} | ({"consent": self.consent} if self.consent else {})
        return several | {field: (column,) for field, column in single.items() if column is not None}


class Watch(Protocol):
    """What a run tells whoever watches it. Every method may be called from any thread and must return at once."""

    def prepared(self, rows: int, share_read: float) -> None:
        """``rows`` more were prepared; ``share_read`` (0 to 1) of all input bytes has been read."""

    def queued(self, batch: int, rows: int) -> None:
        """A batch is durable and waits to be sent."""

    def sent(self, batch: int, rows: int) -> None:
        """A batch's request is under way."""

    def settled(self, batch: int, rows: int, state: str) -> None:
        """A batch has its answer; ``state`` is the ledger's word for it."""

    def waiting(self, why: str, seconds: float) -> None:
        """Nothing can be sent for ``seconds``; ``why`` in a few words."""

    def doing(self, what: str) -> None:
        """The run has come to something without rows to count, in a few words; empty where it is over."""

    def note(self, text: str) -> None:
        """Something a person should know, in one line, without anybody's data."""


class Stop:
    """A wish to stop, from a signal or another thread; whoever can stop something asks or registers."""

    def __init__(self) -> None:
        self._is_wished = False
        self._callbacks: list[Callable[[], None]] = []

    def __bool__(self) -> bool:
        return self._is_wished

    def wish(self) -> None:
        """Ask everybody to stop."""
        self._is_wished = True
        for callback in self._callbacks:
            callback()

    def on_wish(self, callback: Callable[[], None]) -> None:
        """Call this when stopping is wished; at once where it already is."""
        self._callbacks.append(callback)
        if self._is_wished:
            callback()


class Silence:
    """A watch that tells nobody."""

    def prepared(self, rows: int, share_read: float) -> None: ...  # noqa: D102 - as in Watch
    def queued(self, batch: int, rows: int) -> None: ...  # noqa: D102
    def sent(self, batch: int, rows: int) -> None: ...  # noqa: D102
    def settled(self, batch: int, rows: int, state: str) -> None: ...  # noqa: D102
    def waiting(self, why: str, seconds: float) -> None: ...  # noqa: D102
    def doing(self, what: str) -> None: ...  # noqa: D102
    def note(self, text: str) -> None: ...  # noqa: D102
