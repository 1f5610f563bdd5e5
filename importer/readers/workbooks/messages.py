"""Files with the header of a mail: mails, and web pages with their parts (MHTML: RFC 2557)."""

import re

_FIELD = re.compile(rb"[A-Za-z-]+:[ \t]")
_VERSION = re.compile(rb"^mime-version:\s*1\.0", re.IGNORECASE | re.MULTILINE)
_RELATED = re.compile(rb"^content-type:\s*multipart/related", re.IGNORECASE | re.MULTILINE)
_SENT = re.compile(rb"^(?:received|return-path|delivered-to|message-id):", re.IGNORECASE | re.MULTILINE)
"""Fields at the start of a mail's header; many lines of routing may stand between them and the version."""
_TO = re.compile(rb"^to:", re.IGNORECASE | re.MULTILINE)


def is_message(head: bytes) -> bool:
    """Return True if a file with these first bytes has the header of a mail, as web pages with parts (MHTML) do."""
    return _FIELD.match(head) is not None and (_VERSION.search(head) or _SENT.search(head)) is not None


def is_pages(head: bytes) -> bool:
    """Return True if it is a web page with its parts and not somebody's mail, which has a receiver."""
    return is_message(head) and _RELATED.search(head) is not None and not _TO.search(head)
