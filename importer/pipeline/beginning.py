"""The beginning of a run: its files planned, its suppression lists read, its folder and record written."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from importer.models.watching import Watch
from importer.pipeline.engines.spark import check_spark
from importer.pipeline.mapper import Asking
from importer.pipeline.plan import Plan, make_plan, named
from importer.pipeline.suppression import begun
from importer.pipeline.suppression_lists import Lists, read_lists
from importer.settings.settings import Settings
from importer.stages.phones.stage import check_region
from importer.stages.suppress import Suppressed
from importer.storage.decisions import os_user
from importer.storage.run_folder import Record, RunFolder
from importer.storage.summary import Attestation, SourceSummary


@dataclass(frozen=True, slots=True)
class Beginning:
    """A run that has a folder and a record, and of which no row is prepared yet."""

    folder: RunFolder
    record: Record
    plan: Plan
    suppressed: Suppressed


@dataclass(frozen=True, slots=True)
class Retrying:
    """The facts that make a run a retry.

    Attributes:
        of: the run whose decided rows it sends.
        seq: the last decision that was looked at.
        plan: their tables.
        base_url: of the sandbox that the run before had; None for any other account.
        who: starts it; None for the user of the operating system.
    """

    of: str
    seq: int
    plan: Plan
    base_url: str | None = None
    who: str | None = None


def begin_run(  # noqa: PLR0913 - the run's own things
    files: Sequence[Path],
    settings: Settings,
    watch: Watch,
    create: Callable[[datetime], tuple[RunFolder, str]],
    *,
    asking: Asking | None = None,
    lists: Lists | None = None,
    retrying: Retrying | None = None,
    profile: Path | None = None,
) -> Beginning:
    """Plan a new run and write its record; nothing is written if a file or list cannot be used.

    Args:
        files: as a person named them.
        settings: of the run.
        watch: gets a note of each file that is left out.
        create: makes the run's folder for the time at which it began; returns it with the run's id.
        asking: settles columns that are not sure; nobody is asked if it is None.
        lists: the suppression lists if they were read before.
        retrying: of which run they are the decided rows; None if they are none.
        profile: the TOML file that some of the settings come from: an approval of the run binds it, too.

    Raises:
        UsageError, RefusedError: nothing was written.
    """
    check_spark(settings)
    check_region(settings.region)  # the stage would find it, but only after a folder was made
    started_at, began = datetime.now(UTC), perf_counter()
    plan = make_plan(named(files), settings, watch, asking) if retrying is None else retrying.plan
    left_out = {one.file for one in plan.unreadable}
    for one in plan.unreadable:
        watch.note(f"Left out: {one.why}")
    lists = read_lists(settings.suppress, settings, watch) if lists is None else lists
    folder, run_id = create(started_at)
    record = Record(
        run_id=run_id,
        started_at=started_at,
        started_by=(retrying and retrying.who) or os_user(),
        settings=settings.model_dump(mode="json"),
        files=[(path, name) for path, name in named(files) if name not in left_out],
        profile=None if profile is None else Path(os.path.realpath(profile)),
        base_url=_address(run_id, settings, retrying),
        sources=[SourceSummary.of(table.source, mapping, None) for table, mapping in plan.tables],
        passed_over=[
            SourceSummary.of(source, None, None, why)
            for source, why in zip(plan.passed_over, plan.passed_over_because, strict=True)
        ],
        unreadable=list(plan.unreadable),
        retry_of=retrying.of if retrying else None,
        attestation=_attested(settings, started_at),
        decided_seq=retrying.seq if retrying else 0,
    )
    record.spend("plan", perf_counter() - began)
    # Before the record: a run that can be resumed has its numbers.
    suppressed = begun(folder, record, lists, settings.runs)
    folder.save(record)
    return Beginning(folder, record, plan, suppressed)


def _attested(settings: Settings, at: datetime) -> Attestation | None:
    if settings.attestation is None:
        return None
    return Attestation(text=settings.attestation, who=os_user(), at=at.isoformat(timespec="seconds"))


def _address(run_id: str, settings: Settings, retrying: Retrying | None) -> str:
    if not settings.sandbox:
        return settings.base_url
    return (retrying.base_url if retrying else None) or f"sandbox:{run_id}"
