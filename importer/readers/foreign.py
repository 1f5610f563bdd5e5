"""Files that hold no list, or one that is not read, though they could be taken for text; told for what they are."""

from email import message_from_bytes, policy
from pathlib import Path

from importer.opening import open_regular
from importer.workbooks.messages import is_message, is_pages

_MOST_BYTES = 256 << 20
_LINK = (b'"doc_id"', b'"url"')


def foreign_kind(path: Path, head: bytes) -> str | None:
    """What the file is and the way out, to be put after its name; None where it can be a list.

    Raises:
        OSError: it cannot be read.
    """
    if path.name.startswith("~$"):
        return (
            "is the mark that Excel sets beside a workbook that is open, and holds no rows. Close the workbook, and "
            f"import {path.name[2:]}."
        )
    if head.startswith(b"{") and all(word in head for word in _LINK) and b".google.com" in head:
        return (
            "is a link to a Google sheet, without its rows. Open the sheet, download it as CSV (File, Download), and "
            "import that file."
        )
    if path.suffix.lower() in (".yaml", ".yml"):
        return "is YAML, which is not read. Export the list as CSV, as JSON or as an Excel workbook."
    if is_message(head) and not is_pages(head):
        return f"is a mail{_attached(path)}"
    return None


def _attached(path: Path) -> str:
    with open_regular(path) as opened:
        message = message_from_bytes(opened.read(_MOST_BYTES), policy=policy.default)
    names = [name for part in message.walk() if (name := part.get_filename())]
    if not names:
        return " without an attachment. Save the list that it speaks of, and import that."
    return f", with {', '.join(names)} attached. Save the attachment that holds the list, and import that."
