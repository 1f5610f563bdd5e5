"""LDIF: entries of a directory as rows."""

import base64
from pathlib import Path

from tests.support.reading import read, written


def test_ldif_entries_are_rows(tmp_path: Path) -> None:
    """LDIF: folded lines, coded values, remarks, options of attributes, and a second number."""
    coded = base64.b64encode("Zoë Lowe".encode()).decode()
    path = written(
        tmp_path / "book.ldif",
        f"version: 1\n\n# export\ndn: cn=Zoe,\n dc=example\nobjectClass: person\ncn:: {coded}\nsn;lang-en: Lowe\n"
        "mobile: +1 415 555\n  0101\nmobile: +1 415 555 0109\nmail: zoe@example.com\n\ndn: cn=Bob\ncn: Bob\n",
    )
    assert read(path)[:2] == (
        "ldif",
        [
            {"Full Name": "Zoë Lowe", "Last Name": "Lowe", "Phone (cell)": "+1 415 555 0101",
             "Phone (cell) (2)": "+1 415 555 0109", "Email": "zoe@example.com"},
            {"Full Name": "Bob"},
        ],
    )  # fmt: skip
