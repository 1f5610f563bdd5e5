"""Outcomes and reasons of rows, and the fix that the reports offer."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The final state of a source row; every row has exactly one."""

    IMPORTED = "imported"
    SKIPPED = "skipped"
    ERRORED = "errored"
    UNCONFIRMED = "unconfirmed"
    WAITING = "waiting"
    PLANNED = "planned"


class Reason(StrEnum):
    """Why a row has its outcome. The codes are public, never renamed; ``REASONS`` explains each."""

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
    """The text of a reason code in the reports.

    Attributes:
        outcome: the outcome that a row with this reason has.
        meaning: what happened, in one sentence.
        fix: what a person can do about it; empty if nothing is needed.
        is_fixable: True if the row goes into the retry file, because a corrected cell would let it through.
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
    Reason.SUPPRESSED: ReasonInfo(
        Outcome.SKIPPED, "The number is on a suppression list of the run; the report names the lists."
    ),
    Reason.NO_CONSENT: ReasonInfo(
        Outcome.SKIPPED, "The row says that the person did not agree to be contacted; the detail names the column."
    ),
    Reason.SKIPPED_BY_API: ReasonInfo(
        Outcome.SKIPPED, "The number was in the account already, or the API skipped the row; the detail says which."
    ),
    Reason.MALFORMED_ROW: ReasonInfo(
        Outcome.ERRORED,
        "The row's cells cannot be told apart (a stray quote, or more cells than columns), or it is no row of this "
        "list; the detail says which.",
        "Compare the row with the file, put each value into its column, and import the retry file.",
        is_fixable=True,
    ),
    Reason.PHONE_MISSING: ReasonInfo(
        Outcome.ERRORED, "The row has no phone number.", "Fill in a phone number.", is_fixable=True
    ),
    Reason.PHONE_INVALID: ReasonInfo(
        Outcome.ERRORED,
        "The cell holds no number that is valid in its country, or none that is certain; the detail says why.",
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
        "The number is written without its country, and none is known for the row, or it can be read in two ways; the "
        "detail says which.",
        "Write the number with + and its country's code. Where only the country is missing, import with --region (such "
        "as --region US), or add a country column.",
        is_fixable=True,
    ),
    Reason.FIELD_INVALID: ReasonInfo(
        Outcome.ERRORED,
        "A field holds what the API, or importer itself, cannot take.",
        "Correct the field named in the detail.",
        is_fixable=True,
    ),
    Reason.REJECTED_BY_API: ReasonInfo(
        Outcome.ERRORED,
        "The API refused the contact; its words are in the detail.",
        "Correct what the API names; drop the row where it says that the person must not be contacted.",
        is_fixable=True,
    ),
    Reason.NOT_SENT: ReasonInfo(
        Outcome.WAITING, "The run stopped before this row was sent.", "Run: importer resume RUN"
    ),
    Reason.REPLY_LOST: ReasonInfo(
        Outcome.UNCONFIRMED,
        "The row was sent and the answer was lost: it may or may not be in the account.",
        "Run: importer verify RUN --control PHONE (it looks for the row; where nothing else shows that the account's "
        "list is up to date, it creates PHONE, a number of yours that is not in the account, and deletes it again).",
    ),
    Reason.NOT_NAMED: ReasonInfo(
        Outcome.UNCONFIRMED,
        "The API counted some rows of this batch differently and did not say which.",
        "How many rows of each batch the API counted as what is in the report's table of batches. To settle the rows, "
        "run: importer verify RUN",
    ),
    Reason.PRESENT: ReasonInfo(
        Outcome.UNCONFIRMED,
        "The number is in the account; whether this run put it there or somebody before is not known.",
    ),
    Reason.READY: ReasonInfo(Outcome.PLANNED, "The row would be sent; nothing was sent on purpose."),
}
