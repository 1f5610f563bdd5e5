"""The plan of a run that goes on: the files that it was reading, with the columns with which it began."""

from importer.errors import StoppedError, UsageError
from importer.models.watching import Watch
from importer.pipeline.mapper import Asking
from importer.pipeline.plan import Plan, make_plan
from importer.pipeline.retry_plan import plan_of
from importer.settings.settings import FIELDS, Settings
from importer.storage.run_folder import Record, RunFolder


def same_plan(folder: RunFolder, record: Record, settings: Settings, watch: Watch) -> Plan:
    """Return the plan with which a run began, its files opened anew.

    Raises:
        StoppedError: a file is gone, changed or cannot be read.
    """
    complete = settings.model_copy(update={"skip_unreadable": False})  # what the run began with, it goes on with
    try:
        if record.retry_of is not None:
            plan = plan_of(record.files[0][0], RunFolder(folder.path.parent / record.retry_of))
        else:
            plan = make_plan(record.files, complete, watch, Asking(pinned=_decided(record)))
    except UsageError as error:
        raise StoppedError(f"The run cannot read on: {error}") from error
    for before, (table, _) in zip(record.sources, plan.tables, strict=False):
        if before.sha256 != table.source.sha256:
            raise StoppedError(
                f"{before.file} is not the file that run {record.run_id} was reading. Put the old one back and "
                "resume, or import the new one: numbers that were already imported are skipped."
            )
    return plan


def _decided(record: Record) -> dict[tuple[str, str | None], dict[str, list[str]]]:
    """Return the mapping of each table as the run began with it, whatever was answered for such headers since."""
    return {
        (source.file, source.sheet): {field: source.mapping.get(field, []) for field in FIELDS}
        for source in record.sources
    }
