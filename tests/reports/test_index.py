"""The page over all runs: what left its band, what belongs together, and how large it gets."""

import random
import re
import time
from pathlib import Path

import pytest

from importer.models.outcomes import Reason
from importer.reports.history import entries, series
from importer.reports.index import page, write_index
from tests.support.summaries import put, summary_json, weeks


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\xa0", " ")


def test_a_week_that_is_worse_is_named_with_its_source_without_a_click(tmp_path: Path) -> None:
    """3.7 % to 12.9 %, and the source of the list that rose most, in the page's first sentence."""
    weeks(tmp_path, [112, 109, 115, 110, 108, 113, 111, 387], last={"spread": (144, 125, 124, 123)})
    shown = text(page(tmp_path))
    first = shown.partition("Lists")[0]
    assert "week47.csv: 12.9 % errored, more than usual; 3.7 % the time before." in first
    assert "By Lead source, errored: broker 3.7 % → 14.4 %" in first
    assert "Most of it is phone-missing" in first


@pytest.mark.parametrize("errored", [[112, 109, 115, 110, 108, 113, 111, 114], [112, 109, 387], [112, 109, 115, 387]])
def test_what_is_usual_or_not_known_is_not_said(tmp_path: Path, errored: list[int]) -> None:
    """Within the band there is no sentence, nor with fewer than four runs before."""
    weeks(tmp_path, errored)
    assert 'class="remark"' not in page(tmp_path)


def test_lists_are_told_apart_and_retries_hang_under_their_run(tmp_path: Path) -> None:
    """By their columns, else by their names without digits; a retry is no run of the list."""
    weeks(tmp_path, [112, 109])
    other = summary_json("20261021-021500-000", "nightly.csv", {Reason.CONFIRMED: 10})
    other["sources"][0]["columns"] = ["Firma", "Mobil"]
    put(tmp_path, other)
    retry = summary_json("20261022-021500-000", "corrected.xlsx", {Reason.CONFIRMED: 9}, retry_of="20261010-021500-000")
    put(tmp_path, retry)
    runs = entries(sorted(tmp_path.iterdir()))
    assert {name: len(found) for name, found in series(runs).items()} == {"week#.csv": 2, "nightly.csv": 1}
    assert re.search(r"week40\.csv.*?└ corrected\.xlsx.*?correction", text(page(tmp_path)))


def test_what_is_left_is_said_beside_a_run(tmp_path: Path) -> None:
    """150 of 272 were imported since: 122 are left."""
    retried = {"r": {"rows": 252, "imported": 150, "unchanged": 0, "unknown": 0}}
    put(
        tmp_path,
        summary_json(
            "20261010-021500-000", "a.csv", {Reason.CONFIRMED: 4728, Reason.PHONE_INVALID: 272}, retried=retried
        ),
    )
    assert "122 of 272 left" in text(page(tmp_path))


def test_a_thousand_runs_are_one_page_of_less_than_a_megabyte(tmp_path: Path) -> None:
    """Made within two seconds, from the summaries alone; one that is damaged is left out."""
    chance = random.Random(1)  # noqa: S311 - no secret
    for number in range(1000):
        wrong = chance.randrange(90, 130)
        run_id = f"2026{number // 100 + 1:02}{number % 28 + 1:02}-{number:06}-000"
        put(
            tmp_path,
            summary_json(run_id, f"list{number}.csv", {Reason.CONFIRMED: 3000 - wrong, Reason.PHONE_INVALID: wrong}),
        )
    put(tmp_path, summary_json("20261230-000000-000", "x.csv", {})).joinpath("summary.json").write_text("{", "utf-8")
    began = time.process_time()
    written = write_index(tmp_path)
    took = time.process_time() - began
    assert written is not None
    assert written.stat().st_size < 1_000_000
    assert took < 2
    assert written.read_text("utf-8").count("/report.html") == 1000


def test_a_page_that_cannot_be_written_ends_no_run(tmp_path: Path) -> None:
    """It is left out."""
    weeks(tmp_path, [112])
    (tmp_path / "index.html").mkdir()
    assert write_index(tmp_path) is None
