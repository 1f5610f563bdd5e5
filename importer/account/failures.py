"""The error that an answer means for a single request, with what to do about it."""

from importer.delivery.attribution import says_exists
from importer.delivery.classify import Verdict
from importer.errors import (
    AnswerLostError,
    ContactExistsError,
    ContactRejectedError,
    ImporterError,
    KeyRefusedError,
    MisdirectedError,
    NoSuchContactError,
    UnavailableError,
)
from importer.targets import Exchange, Target


def failure(exchange: Exchange, verdict: Verdict, target: Target, *, is_of_one: bool = False) -> ImporterError:
    """Return the error that an answer means.

    Args:
        exchange: what was seen.
        verdict: what it proves; not ``answered``, unless the API says no in the body.
        target: reads the API's words.
        is_of_one: the request names a contact by its id, so that 404 is about that contact.
    """
    words = target.read_refusal(exchange.body).text if exchange.status is not None else ""
    seen = ", ".join(part for part in (_status(exchange), exchange.trouble, words) if part)
    is_known = exchange.status == 409 or (verdict is Verdict.REFUSED and says_exists(words))
    kind, text = _FAILURES.get(verdict, _LOST)
    if exchange.status == 404 and is_of_one:
        kind, text = (
            NoSuchContactError,
            "The account has no contact with this id ({}). importer contacts list shows them.",
        )
    elif is_known:
        kind, text = ContactExistsError, "The account has a contact with this number ({}). Find it and update it."
    return kind(text.format(seen))


_UNREACHED = (UnavailableError, "The API cannot be reached ({}). Nothing was changed; try again later.")
_REJECTED = (ContactRejectedError, "The API refuses it ({}). Correct what it names.")
_LOST = (
    AnswerLostError,
    "The request was sent and its answer lost ({}). It may have been carried out: look before you repeat it.",
)
_FAILURES: dict[Verdict, tuple[type[ImporterError], str]] = {
    Verdict.KEY_REFUSED: (KeyRefusedError, "The API refuses the key ({}). Check the key and its scopes."),
    Verdict.REFUSED: _REJECTED,
    Verdict.TOO_LARGE: _REJECTED,
    Verdict.MISDIRECTED: (
        MisdirectedError,
        "The address does not take contacts ({}). Check --base-url; no redirect is followed.",
    ),
    Verdict.NOT_SENT: _UNREACHED,
    Verdict.NOT_APPLIED: _UNREACHED,
    Verdict.TOO_MANY: _UNREACHED,
}


def _status(exchange: Exchange) -> str:
    return "" if exchange.status is None else f"status {exchange.status}"
