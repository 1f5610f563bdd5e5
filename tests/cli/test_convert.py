"""``convert`` as a user types it."""

from pathlib import Path

import pytest

from tests.conftest import Typed


def test_convert_writes_what_was_read(tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """UTF-8, comma, header first, all text, blank rows kept; malformed rows are on stderr."""
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_bytes("Vorname;Telefon\r\nJürgen;030 23125 001\r\n;\r\na;b;c\r\n".encode("cp1252"))
    done = typed("convert", "list.csv", "--out", "plain")
    assert done.code == 0, done.err
    assert Path("plain/list.csv.csv").read_text("utf-8").splitlines() == [
        "Vorname,Telefon",
        "Jürgen,030 23125 001",
        ",",
        "a,b",
    ]
    assert "row 4" in done.err
