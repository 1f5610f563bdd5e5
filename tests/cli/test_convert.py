"""``convert`` as a user types it."""

from pathlib import Path

from tests.support.commands import importer


def test_convert_writes_what_was_read(tmp_path: Path) -> None:
    """UTF-8, comma, header first, all text, blank rows kept; malformed rows are on stderr."""
    (tmp_path / "list.csv").write_bytes("Vorname;Telefon\r\nJürgen;030 23125 001\r\n;\r\na;b;c\r\n".encode("cp1252"))
    done = importer("convert", "list.csv", "--out", "plain", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "plain" / "list.csv.csv").read_text("utf-8").splitlines() == [
        "Vorname,Telefon",
        "Jürgen,030 23125 001",
        ",",
        "a,b",
    ]
    assert "row 4" in done.stderr
