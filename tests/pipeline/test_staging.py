"""Staging: what is offered to be sent is on the disk before, once, and goes on where a run was stopped."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from importer.account.whose import Whose
from importer.models.watching import Silence, Stop
from importer.pipeline.plan import make_plan, named
from importer.pipeline.staging import prepare
from importer.pipeline.work import Work
from importer.settings.settings import load_settings
from importer.stages import Job
from importer.storage.run_folder import Record, RunFolder
from importer.storage.summary import SourceSummary

ROWS = 25


@dataclass
class Run:
    """A run over a list of ``ROWS`` people, one of them twice; ``offered`` are its batches as they were on the disk."""

    folder: RunFolder
    settings: dict[str, Any]
    offered: list[tuple[int, int]] = field(default_factory=list)
    record: Record | None = None

    def prepared(self, stop_at: int | None = None) -> Record:
        """Prepare the run, or go on; a wish to stop comes when batch ``stop_at`` is offered."""
        settings = load_settings({"region": "US", "chunk_rows": 5, "batch_size": 4, **self.settings})
        plan = make_plan(named([self.folder.path.parent / "list.csv"]), settings, Silence())
        sources = [SourceSummary.of(table.source, mapping, None) for table, mapping in plan.tables]
        self.record = self.record or Record(
            run_id=self.folder.run_id, started_at=datetime.now(UTC), settings={}, files=[], base_url="x",
            sources=sources, passed_over=[],
        )  # fmt: skip
        stop, parts = Stop(), self.folder.parts()
        work = Work(self.folder, self.record, settings, None, Silence(), stop, perf_counter(), Whose(None, None))

        def offer(number: int, rows: int) -> None:
            assert self.folder.parts().batch(number).height == rows, "it is on the disk already"
            self.offered.append((number, rows))
            if number == stop_at:
                stop.wish()

        prepare(work, plan, parts, Job(region="US", batch_size=4, keep=settings.keep), offer)
        return self.record


@pytest.fixture
def run(tmp_path: Path) -> Run:
    people = [f"Ann{n},+1 415 555 {100 + n % (ROWS - 1):04}" for n in range(ROWS)]
    (tmp_path / "list.csv").write_text("\n".join(["Name,Phone", *people]) + "\n", "utf-8")
    return Run(RunFolder.create(tmp_path, datetime.now(UTC)), {})


@pytest.mark.parametrize("keep", ["first", "last"])
def test_full_batches_are_offered_as_they_come_and_the_last_at_the_end(run: Run, keep: str) -> None:
    """Each is on the disk by then; which row of a number survives does not change how many there are."""
    run.settings = {"keep": keep}
    record = run.prepared()
    assert run.offered == [(number, 4) for number in range(1, 7)]
    assert (record.is_prepared, record.rows, record.sources[0].rows) == (True, ROWS, ROWS)
    rows = run.folder.parts().scan().collect()
    assert rows.height == ROWS
    assert rows["reason"].cast(str).drop_nulls().to_list() == ["duplicate-in-file"]
    assert rows.filter(reason="duplicate-in-file")["row"].to_list() == [ROWS + 1 if keep == "first" else 2]
    assert {"stage", "read"} <= record.seconds.keys()


def test_a_run_that_was_stopped_goes_on_behind_its_last_part(run: Run) -> None:
    """Its batches keep their numbers and rows, and every row is there once."""
    record = run.prepared(stop_at=2)
    assert not record.is_prepared
    assert record.sources[0].rows is None
    before, run.offered = run.offered, []
    assert run.prepared().is_prepared
    assert before == run.offered[: len(before)]
    assert run.offered == [(number, 4) for number in range(1, 7)]
    assert run.folder.parts().scan().collect()["position"].to_list() == list(range(ROWS))


def test_a_run_that_is_prepared_only_offers(run: Run) -> None:
    """As often as it is resumed."""
    run.prepared()
    first, run.offered = run.offered, []
    run.prepared()
    assert run.offered == first
