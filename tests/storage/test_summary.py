"""``summary.json``: read as it was written, whatever version wrote it, and nothing else is one."""

import json
from pathlib import Path

import pytest

from importer.storage.summary import FILE_NAME, Summary, Suppression, SuppressionList
from tests.support.reports_run import small_run


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Its owner's alone."""
    summary = small_run(tmp_path)
    summary.write(tmp_path, "Make room.")
    assert Summary.read(tmp_path) == summary
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


def test_rows_that_an_earlier_version_called_errored_are_waiting(tmp_path: Path) -> None:
    """Those that were not sent, and no others; the figures add up as they did."""
    summary = small_run(tmp_path)
    told = json.loads(summary.model_dump_json())
    waiting, errored = told.pop("waiting"), told["errored"]
    told["errored"] = errored + waiting
    told["reasons"].setdefault("errored", {}).update(told["reasons"].pop("waiting", {}))
    (tmp_path / FILE_NAME).write_text(json.dumps(told), "utf-8")
    assert Summary.read(tmp_path) == summary
    assert waiting
    assert errored


def test_the_one_reading_of_a_suppression_list_by_an_earlier_version_is_both() -> None:
    """As the run began, and as it was last read."""
    one = SuppressionList(file="dnc.csv", entries=3, unread=1)
    read = Suppression.model_validate(one.model_dump())
    assert (read.at_start, read.last_read, read.numbers) == ([one], [one], 0)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "7", '{"reasons": 1}', '{"reasons": {"errored": 1}}', '{"reasons": {}, "x": 1}']
)
def test_what_is_no_summary_is_not_taken_for_one(tmp_path: Path, text: str) -> None:
    """Empty, cut off, of another kind: each is a ``ValueError``, which whoever lists runs passes over."""
    (tmp_path / FILE_NAME).write_text(text, "utf-8")
    with pytest.raises(ValueError, match="validation error"):
        Summary.read(tmp_path)
