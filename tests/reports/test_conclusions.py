"""What is taken as it is but doubtful: it stands apart from what was changed, wherever changes are told."""

from pathlib import Path

import pytest
from openpyxl import load_workbook

from importer.models.findings import SUSPICIONS
from importer.models.watching import Silence, Stop
from importer.pipeline.run import run_import
from importer.reports.conclusions import changes, next_steps, suspicions
from importer.settings.settings import load_settings
from importer.stages.phones import repairs
from importer.storage.summary import Summary
from tests.conftest import Typed

LIST = """Name,Phone,Country,E-mail
ann moss,(202) 555-0101,US,ann@example.com
Bob Lee,+49 30 123456,US,bob@gmial.com
Cid Ray,2025550100.0,US,cid@example.com
Eve Fox,12345,US,eve@gmial.com
"""
COUNTRY, TYPO = "phone:review-country", "email:typo-suspected"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(LIST, "utf-8")
    return path


def run(file: Path) -> tuple[Path, Summary]:
    options = load_settings({"dry_run": True, "runs": file.parent / "runs"})
    folder, summary = run_import([file], options, None, Silence(), Stop())
    return folder.path, summary


def test_every_number_to_look_at_is_described() -> None:
    """The codes are those that the stages give."""
    numbers = {f"phone:{rule}" for rule in repairs.RULES if rule.startswith("review-")}
    assert set(SUSPICIONS) == {*numbers, TYPO}


def test_suspicions_are_no_changes(file: Path) -> None:
    """Both kinds are in ``changes``; the account tells them apart, and an address that a finding tells of once."""
    _, summary = run(file)
    assert (summary.changes[COUNTRY], summary.changes[TYPO]) == (1, 2)
    assert not changes(summary).keys() & SUSPICIONS.keys()
    assert changes(summary)["phone:float-tail"] == 1
    assert summary.review == {"email-perhaps-mistyped": 1}
    assert [(each.code, each.rows) for each in suspicions(summary)] == [(COUNTRY, 1)]
    assert [step.rows for step in next_steps(summary, None) if "Worth a look" in step.text] == [2]


def test_the_reports_show_them_under_worth_a_look(file: Path) -> None:
    """On the page and in the workbook."""
    folder, _ = run(file)
    page = (folder / "report.html").read_text("utf-8")
    look, changed = page.index("Worth a look</h2>"), page.index("What was changed on the way</h2>")
    assert look < page.index(COUNTRY) < changed
    assert SUSPICIONS[COUNTRY].fix in page[look:changed]
    assert "review country" not in page[changed:]
    cells = [row[0] for row in load_workbook(folder / "report.xlsx")["Summary"].iter_rows(values_only=True)]
    changed = cells.index("What was changed on the way")
    assert cells.index("To look at (column changes): taken as they are, but doubtful") < cells.index(COUNTRY) < changed
    assert TYPO not in cells


def test_inspect_tells_them_apart(file: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Repairs on one line, doubts on another."""
    monkeypatch.setenv("COLUMNS", "200")
    lines = [line.partition(": ") for line in typed("inspect", file).out.split("\n")]
    told = {title: codes for title, _, codes in lines}
    assert "phone:float-tail 1" in told["Repairs on the way"]
    assert told["Worth a look, not changed"].strip() == f"{TYPO} 2, {COUNTRY} 1"


def test_whoever_corrects_a_row_sees_its_mistyped_address(file: Path) -> None:
    """The row is in the retry file for its number; the suggestion asks for the address, too."""
    folder, _ = run(file)
    header, row = load_workbook(folder / "retry.xlsx").active.iter_rows(values_only=True)
    told = dict(zip(header, row, strict=True))
    assert told["E-mail"] == "eve@gmial.com"
    assert told["importer: suggestion"].endswith(" Is the e-mail address eve@gmail.com?")
