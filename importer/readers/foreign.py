"""Files that look like text but are no list, or of a format that is not read: each gets a message of its own."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from importer.readers.archive import unpacked_alone
from importer.readers.workbooks.messages import is_message, is_pages
from importer.system.opening import open_regular

_MOST_BYTES = 256 << 20
_LOG = re.compile(rb"(?:#[^\n]*\n){0,20}?#Version:(?:[^\n]*\n#){1,20}?Fields:", re.IGNORECASE)
_LINK = (b'"doc_id"', b'"url"')


def foreign_kind(path: Path, within: Path, head: bytes) -> str | None:
    """Return what the file is and the fix, to follow its name in a message; None if it can be a list.

    ``within`` and ``head`` are path and first bytes of the file packed in it, else of the file itself.

    Raises:
        OSError: it cannot be read.
    """
    if path.name.startswith("~$"):
        return (
            "is the mark that Excel sets beside a workbook that is open, and holds no rows. Close the workbook, and "
            f"import {path.name[2:]}."
        )
    if within.suffix.lower() in (".yaml", ".yml"):
        return "is YAML, which is not read. Export the list as CSV, as JSON or as an Excel workbook."
    if is_message(head) and not is_pages(head):
        return f"is a mail{_attached(path)}"
    return next((words for is_such, words in _KINDS if is_such(head)), None)


def _is_link(head: bytes) -> bool:
    return head.startswith(b"{") and all(word in head for word in _LINK) and b".google.com" in head


_LINK_WORDS = (
    "is a link to a Google sheet, without its rows. Open the sheet, download it as CSV (File, Download), and import "
    "that file."
)
_LOG_WORDS = (
    "is a log of a server (W3C extended log format): its lines are requests, and no contacts. Export the list of "
    "people from the program that keeps it, and import that."
)
_KINDS: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_is_link, _LINK_WORDS),
    (lambda head: _LOG.match(head.replace(b"\r", b"")) is not None, _LOG_WORDS),
    (lambda head: head[257:262] == b"ustar", "is a tar archive. Unpack it, and import the files that it holds."),
)


def _attached(path: Path) -> str:
    with open_regular(path) as opened, unpacked_alone(opened, path.name) or nullcontext(opened) as whole:
        from email import message_from_bytes, policy  # noqa: PLC0415 - takes long, and few files are such

        message = message_from_bytes(whole.read(_MOST_BYTES), policy=policy.default)
    names = [name for part in message.walk() if (name := part.get_filename())]
    if not names:
        return " without an attachment. Save the list that it speaks of, and import that."
    return f", with {', '.join(names)} attached. Save the attachment that holds the list, and import that."
