"""No suppressed number is sent, in whatever mix of options, lists, commands and ends (``hypothesis`` draws them)."""

import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from importer.models.decisions import Change
from importer.storage.decisions import Decisions
from tests.conftest import Typed
from tests.support.faultserver import documented, says
from tests.torture.suppressed import NotingServer

PHONES = [f"+1202555{number:04}" for number in range(100, 112)]
SPELLINGS = ("{0}", "({1}) {2}-{3}", "{1}.{2}.{3}", "1 {1} {2} {3}")
KINDS = ("csv", "txt", "xlsx", "parquet")


@dataclass(frozen=True)
class Way:
    """One way to send a list: who is suppressed when, by which lists, and by which commands it goes."""

    early: frozenset[int]
    late: frozenset[int]
    forgotten: frozenset[int]
    kind: str
    spelling: str
    options: tuple[str, ...]
    stops_after: int | None
    is_in_halves: bool


@st.composite
def ways(draw: st.DrawFn) -> Way:
    some = st.frozensets(st.integers(0, len(PHONES) - 1), max_size=4)
    options = [
        *draw(st.sampled_from([(), ("--keep", "last"), ("--keep", "merge"), ("--keep", "most-complete")])),
        *draw(st.sampled_from([(), ("--needs-approval",), ("--max-error-rate", "1")])),
        *("--batch-size", str(draw(st.sampled_from([1, 3, 12])))),
        *draw(st.sampled_from([(), ("--workers", "2")])),
    ]
    is_in_halves = draw(st.booleans()) and not {"--needs-approval", "--max-error-rate"} & set(options)
    return Way(
        early=draw(some) | {0},
        late=draw(some),
        forgotten=draw(st.frozensets(st.integers(0, len(PHONES) - 1), max_size=1)),
        kind=draw(st.sampled_from(KINDS)),
        spelling=draw(st.sampled_from(SPELLINGS)),
        options=tuple(options),
        stops_after=draw(st.sampled_from([None, 0, 1])),
        is_in_halves=is_in_halves,
    )


@settings(max_examples=4, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ways())
def test_no_suppressed_number_is_sent(
    tmp_path_factory: pytest.TempPathFactory, typed: Typed, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    """By run, approve, prepare and send, resume, and retry; and every other number is sent once."""
    folder = tmp_path_factory.mktemp("way")
    monkeypatch.chdir(folder)
    lines = [f"Name {number},{phone}" for number, phone in enumerate(PHONES)]
    (folder / "list.csv").write_text("\n".join(["Name,Phone", *lines, "Wrong,12", "Wrong too,13", ""]), "utf-8")
    write(folder / f"first.{way.kind}", way.spelling, way.early)
    write(folder / "second.csv", "{0}", frozenset({1}))
    barred = {PHONES[number] for number in way.early | way.forgotten | {1}}
    with NotingServer() as server:
        for number in sorted(way.forgotten):
            typed("forget", PHONES[number], "--yes")
        if way.stops_after is not None:
            server.script = [*[documented] * way.stops_after, says(401)]
        lists = ("--suppress", f"first.{way.kind}", "--suppress", "second.csv")
        given = ("list.csv", "--region", "US", *lists, *way.options)
        if way.is_in_halves:
            assert typed("prepare", *given, "--out", "halves").code == 0
            typed("send", "halves", "--base-url", server.url)
        else:
            typed("run", *given, "--base-url", server.url)
        assert server.received.isdisjoint(barred), "run, or prepare and send"
        if "--needs-approval" in way.options:
            typed("approve", "latest")
        elif way.stops_after is not None:  # whoever comes to a list meanwhile is not sent by what goes on
            write(folder / "second.csv", "{0}", way.late | {1})
            before = set(server.received)
            server.script = []
            assert typed("resume", "latest").code in (0, 3)
            late = {PHONES[number] for number in way.late}
            assert (server.received - before).isdisjoint(barred | late), "resume"
        else:
            assert server.received == set(PHONES) - barred
        assert server.received.isdisjoint(barred)
        run = max(folder.glob("runs/*/run.json")).parent
        server.script = []
        if json.loads((run / "summary.json").read_bytes())["status"] == "incomplete":
            typed("resume", run.name)
        wrong = (("Wrong", 14, "12"), ("Wrong too", 15, "13"))
        changes = [
            Change(("list.csv", None, row), "set", phone, "Phone", was)
            for (_, row, was), phone in zip(wrong, (PHONES[0], "+12025550999"), strict=True)
        ]
        Decisions(run).append("anna", changes)
        server.received.clear()
        typed("retry", run.name)
        if "--needs-approval" in way.options:
            typed("approve", "latest")
        assert server.received == {"+12025550999"}, "retry"
        rows = pl.read_parquet(run / "rows.parquet")
        assert set(rows.filter(pl.col("reason") == "suppressed")["phone"]) >= {PHONES[number] for number in way.early}


def write(path: Path, spelling: str, numbers: frozenset[int]) -> None:
    """Write a suppression list, with its numbers spelled so."""
    cells = [
        spelling.format(phone, phone[2:5], phone[5:8], phone[8:]) for phone in (PHONES[n] for n in sorted(numbers))
    ]
    frame = pl.DataFrame({"Phone": cells}, schema={"Phone": pl.String})
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".xlsx":
        frame.write_excel(path)
    else:
        path.write_text("\n".join([*([] if path.suffix == ".txt" else ["Phone"]), *cells, ""]), "utf-8")
