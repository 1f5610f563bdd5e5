"""Answers about columns: kept for a header and not for a file, and never lost to another process."""

from datetime import date
from pathlib import Path

import pytest

from importer.errors import UsageError
from importer.models.sources import Source
from importer.storage.kept_answers import FILE_NAME, Answers

TODAY = date(2026, 11, 30)


def listed(*columns: str, header_row: int | None = 1, file: str = "list.csv") -> Source:
    return Source(Path(file), file, "0" * 64, 1, "csv", columns, header_row)


def test_an_answer_is_of_a_header_whatever_the_file_is_called(tmp_path: Path) -> None:
    """Columns that a retry file added are none of the header's; another header has no answer."""
    Answers(tmp_path).remember([(listed("Name", "Fax"), {"phone": ["Fax"]})], TODAY)
    found = Answers(tmp_path).find(listed("Name", "Fax", "importer: reason", file="other.csv"))
    assert found is not None
    assert (found.map, found.columns, found.answered) == ({"phone": ["Fax"]}, ["Name", "Fax"], TODAY)
    assert Answers(tmp_path).find(listed("Fax", "Name")) is None
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


def test_what_two_processes_were_told_is_kept_of_both(tmp_path: Path) -> None:
    """Each reads what is there before it writes; a field that was answered again has the later answer."""
    one, other = Answers(tmp_path), Answers(tmp_path)
    one.remember([(listed("A", "B"), {"phone": ["A"], "email": ["B"]})], TODAY)
    other.remember([(listed("A", "B"), {"phone": ["B"]}), (listed("C"), {"phone": []})], TODAY)
    for source, fields in ((listed("A", "B"), {"phone": ["B"], "email": ["B"]}), (listed("C"), {"phone": []})):
        found = Answers(tmp_path).find(source)
        assert found is not None
        assert found.map == fields


def test_nothing_is_kept_of_a_list_without_a_header_or_without_an_answer(tmp_path: Path) -> None:
    """Two such lists have nothing in common but their width; no file is made for nothing."""
    answers = Answers(tmp_path)
    answers.remember([(listed("column 1", header_row=None), {"phone": ["column 1"]}), (listed("A"), {})], TODAY)
    answers.forget(listed("A"))
    assert answers.find(listed("column 1", header_row=None)) is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_forgotten_is_asked_again(tmp_path: Path) -> None:
    """That header alone."""
    answers = Answers(tmp_path)
    answers.remember([(listed("A"), {"phone": ["A"]}), (listed("B"), {"phone": ["B"]})], TODAY)
    answers.forget(listed("A"))
    assert [Answers(tmp_path).find(listed(name)) is None for name in "AB"] == [True, False]


@pytest.mark.parametrize("text", [b"{", b'{"version": 2}', b"\xff", b'{"headers": {"x": {"map": {"shoe": []}}}}'])
def test_a_damaged_file_is_told_with_the_way_out(tmp_path: Path, text: bytes) -> None:
    """It is never replaced by an empty one."""
    (tmp_path / FILE_NAME).write_bytes(text)
    with pytest.raises(UsageError, match="Repair it, or delete it"):
        Answers(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == text
