"""A retry file that somebody has worked on."""

from pathlib import Path

import pytest

from importer.reports.retry import write_retry
from tests.support.report_cells import run_with


@pytest.mark.parametrize("name", ["retry.xlsx", "retry.csv"])
def test_an_edited_retry_file_is_moved_aside(folder: Path, name: str) -> None:
    """What a person saved over our file stays, under another name; our own file is written again."""
    summary = run_with(folder, ["12" if name == "retry.xlsx" else "1" * 40_000])
    assert write_retry(folder, summary, full=False) == [name]
    assert write_retry(folder, summary, full=False) == [name]
    for number in (1, 2):
        (folder / name).write_text(f"work {number}")
        stem, _, ending = name.partition(".")
        assert write_retry(folder, summary, full=False) == [name, f"{stem}-edited-{number}.{ending}"]
        assert (folder / f"{stem}-edited-{number}.{ending}").read_text() == f"work {number}"
