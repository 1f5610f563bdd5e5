"""The run as test results: what CI servers count is what the summary says, and nobody's data is in it."""

from pathlib import Path
from xml.etree import ElementTree as ET

from importer.reports.junit import write_junit
from importer.storage.summary import Gate, Summary
from tests.support.reports_run import small_run


def written(folder: Path, summary: Summary) -> ET.Element:
    assert write_junit(folder, summary, False) == ["junit.xml"]
    return ET.parse(folder / "junit.xml").getroot()  # noqa: S314 - our own


def failed(root: ET.Element) -> dict[str, str]:
    """The message of each case that failed, by its name."""
    return {
        case.get("name", ""): failure.get("message", "")
        for case in root.iter("testcase")
        if (failure := case.find("failure")) is not None
    }


def test_each_reason_is_a_case_and_the_counts_are_those_of_the_cases(tmp_path: Path) -> None:
    """Errored, unconfirmed and waiting rows fail their case, skipped ones skip it, imported ones pass."""
    summary = small_run(tmp_path)
    root = written(tmp_path, summary)
    of_rows = {case.get("name") for case in root.findall("./testsuite[@name='importer rows']/testcase")}
    assert of_rows == {f"{outcome}: {code}" for outcome, codes in summary.reasons.items() for code in codes}
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("skipped", "")) == len(suite.findall("testcase/skipped"))
    assert int(root.get("failures", "")) == len(failed(root))
    assert failed(root)["errored: phone-missing"].startswith("1 of 11 rows: ")
    assert failed(root)["waiting: not-sent"].startswith("1 of 11 rows: ")
    assert failed(root)["came to its end"] == summary.stopped_because
    assert "imported: confirmed" not in failed(root)
    text = (tmp_path / "junit.xml").read_text("utf-8")
    assert [name for name in ("Ann", "ann@", "2025550143", "Müller") if name in text] == []


def test_a_gate_that_is_shut_fails(tmp_path: Path) -> None:
    """With what was seen and what is allowed; an open one passes, and signs that XML forbids are made visible."""
    gates = [
        Gate(rule="max_error_rate", is_open=False, seen="30 %\x0b", usual="20 %"),
        Gate(rule="min_rows", is_open=True, seen="11", usual="1"),
    ]
    summary = small_run(tmp_path).model_copy(update={"gates": gates, "status": "refused", "balanced": False})
    root = written(tmp_path, summary)
    assert root.find("./testsuite[@name='importer gates']").get("tests") == "2"  # type: ignore[union-attr]
    assert failed(root)["max_error_rate"] == "30 %\N{REPLACEMENT CHARACTER}; allowed or usual: 20 %"
    assert "min_rows" not in failed(root)
    assert failed(root)["the books balance"].endswith("11 rows read")
