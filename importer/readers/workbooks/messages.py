"""Files with the header of a mail: mails, and web pages with their parts (MHTML: RFC 2557)."""

import re

_FIELD = re.compile(rb"[A-Za-z-]+:[ \t]")
_VERSION = re.compile(rb"^mime-version:\s*1\.0", re.IGNORECASE | re.MULTILINE)
_RELATED = re.compile(rb"^content-type:\s*multipart/related", re.IGNORECASE | re.MULTILINE)
_SENT = re.compile(rb"^(?:received|return-path|delivered-to|message-id):", re.IGNORECASE | re.MULTILINE)
"""What a mail's header has within its first lines, however many of its way follow before its version."""
_TO = re.compile(rb"^to:", re.IGNORECASE | re.MULTILINE)


def is_message(head: bytes) -> bool:
    """Whether a file that begins so has the header of a mail, as pages of several parts have, too."""
    return _FIELD.match(head) is not None and (_VERSION.search(head) or _SENT.search(head)) is not None


def is_pages(head: bytes) -> bool:
    """Whether it is a web page with its parts, and nobody's mail."""
    return is_message(head) and _RELATED.search(head) is not None and not _TO.search(head)
