"""Files that are no list are told for what they are, with the way out."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from importer.errors import ReadError
from importer.readers.formats import open_tables
from tests.support.reading import written


def test_files_without_a_list_are_told_with_the_way_out(tmp_path: Path) -> None:
    """A mail, a link to a sheet, the mark of an open workbook, YAML and a server's log are no text with delimiters."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["MIME-Version"] = "ann@example.com", "bob@example.com", "1.0"
    mail.set_content("The list is attached, call +1 415 555 0101.")
    mail.add_attachment(b"Phone\n", maintype="text", subtype="csv", filename="list.csv")
    for name, content, says in (
        ("list.eml", mail.as_bytes(), "is a mail, with list.csv attached"),
        ("list.gsheet", b'{"url":"https://docs.google.com/open?id=1","doc_id":"1"}', "is a link to a Google sheet"),
        ("~$list.xlsx", b"\x03Ann" + bytes(161), "workbook that is open.* import list.xlsx"),
        ("list.yaml", b"- phone: 1\n", "is YAML"),
        (
            "web.log",
            b"#Software: x\r\n#Version: 1.0\r\n#Fields: date x-phone\r\n2026-03-01 4155550101\r\n",
            "is a log of",
        ),
    ):
        with pytest.raises(ReadError, match=says):
            open_tables(written(tmp_path / name, content), name, None)
