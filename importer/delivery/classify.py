"""Verdicts on single attempts, by their evidence and not by the class of an exception."""

from enum import StrEnum

from importer.targets import Exchange


class Verdict(StrEnum):
    """The certain result of one attempt. ``ambiguous``: nothing is certain, the request may have been applied."""

    ANSWERED = "answered"
    NOT_SENT = "not-sent"
    NOT_APPLIED = "not-applied"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many-requests"
    REFUSED = "refused"
    KEY_REFUSED = "key-refused"
    MISDIRECTED = "misdirected"
    AMBIGUOUS = "ambiguous"


_BY_STATUS: dict[int, Verdict] = {
    400: Verdict.REFUSED,
    401: Verdict.KEY_REFUSED,
    402: Verdict.KEY_REFUSED,
    403: Verdict.KEY_REFUSED,
    413: Verdict.TOO_LARGE,
    422: Verdict.REFUSED,
    429: Verdict.TOO_MANY,
} | dict.fromkeys((404, 405, 411, 414, 415, 431, *range(300, 400)), Verdict.MISDIRECTED)


def classify(exchange: Exchange, *, may_be_applied: bool) -> Verdict:
    """Return the verdict on an attempt to send contacts, or on any other request.

    A status beats everything: it was read, even if the upload was still going on. Without a status, a request whose
    last chunk never left is an incomplete message, which no HTTP server may act on. Once the last chunk may have left,
    nothing is known.

    Args:
        exchange: the evidence.
        may_be_applied: an earlier attempt with these contacts may have been applied. A refusal may then be about the
            contacts which that one created, and proves nothing.
    """
    if exchange.is_untrusted:
        return Verdict.MISDIRECTED
    if exchange.status is None:
        if not exchange.is_begun:
            return Verdict.NOT_SENT
        return Verdict.AMBIGUOUS if exchange.is_handed_over else Verdict.NOT_APPLIED
    # 202: the API has taken the request and not yet carried it out, so its counts say nothing.
    if 200 <= exchange.status < 300 and exchange.status != 202:
        return Verdict.ANSWERED if exchange.is_whole else Verdict.AMBIGUOUS
    verdict = _BY_STATUS.get(exchange.status, Verdict.AMBIGUOUS)
    if verdict is Verdict.REFUSED and may_be_applied:
        return Verdict.AMBIGUOUS
    return verdict
