"""``junit.xml``: the run as test results, which every CI server shows: its gates, its end, and each reason of its rows.

A file of each run's folder and no option of a command: CI servers collect ``runs/*/junit.xml`` after the work, whatever
became of it. Counts and names of lists only, nobody's data.
"""

from pathlib import Path
from xml.etree import ElementTree as ET

from importer.models.outcomes import Outcome
from importer.reports.conclusions import identity, reason_counts
from importer.reports.folder import new_file
from importer.reports.templates import visible
from importer.reports.wording import headline
from importer.storage.summary import Summary

NAME = "junit.xml"
_FAILED = (Outcome.ERRORED, Outcome.UNCONFIRMED, Outcome.WAITING)
"""Outcomes with which a row has not come where it should."""


def write_junit(folder: Path, summary: Summary, full: bool) -> list[str]:  # noqa: ARG001 - one signature
    """Write the results of the run."""
    root = ET.Element("testsuites", name=visible(headline(summary)))
    suites = [_gates(summary), _run(summary), _rows(summary)]
    root.extend(suite for suite in suites if len(suite))
    for suite in root:
        suite.set("tests", str(len(suite)))
        for kind in ("failure", "skipped"):
            name = "failures" if kind == "failure" else kind
            suite.set(name, str(len(suite.findall(f"./testcase/{kind}"))))
        suite.set("errors", "0")
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{summary.seconds.get('total', 0.0):.3f}")
    ET.indent(root)
    with new_file(folder, NAME) as part:
        ET.ElementTree(root).write(part, encoding="utf-8", xml_declaration=True)
    return [NAME]


def _gates(summary: Summary) -> ET.Element:
    """Return a case for each gate; one that was shut failed."""
    suite = _suite("gates", summary)
    for gate in summary.gates:
        case = _case(suite, gate.rule)
        if not gate.is_open:
            _failure(case, f"{gate.seen}; allowed or usual: {gate.usual}", "gate", summary.stopped_because or "")
    return suite


def _run(summary: Summary) -> ET.Element:
    """Return a case for the run's end and one for its books."""
    suite = _suite("run", summary)
    case = _case(suite, "came to its end")
    if summary.stopped_because:
        _failure(case, summary.stopped_because, summary.status, f"exit code {summary.exit_code}")
    case = _case(suite, "the books balance")
    if not summary.balanced:
        _failure(case, identity(summary), "balance", "")
    return suite


def _rows(summary: Summary) -> ET.Element:
    """Return a case for each reason that rows have: rows that are not where they should be fail it."""
    suite = _suite("rows", summary)
    for reason in reason_counts(summary):
        case = _case(suite, f"{reason.outcome.value}: {reason.code}")
        count = f"{reason.rows:,} of {summary.rows:,} rows"
        if reason.outcome in _FAILED:
            _failure(case, f"{count}: {reason.meaning}", reason.code, reason.fix)
        elif reason.outcome is Outcome.SKIPPED:
            ET.SubElement(case, "skipped", message=f"{count}: {reason.meaning}")
    return suite


def _suite(name: str, summary: Summary) -> ET.Element:
    return ET.Element("testsuite", name=f"importer {name}", timestamp=summary.started_at.removesuffix("Z"))


def _case(suite: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(
        suite, "testcase", classname=suite.get("name", "").replace(" ", "."), name=visible(name), time="0"
    )


def _failure(case: ET.Element, message: str, kind: str, text: str) -> None:
    ET.SubElement(case, "failure", message=visible(message), type=kind).text = visible(text)
