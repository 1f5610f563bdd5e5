"""What row stages need to know of a run, by value: it can be pickled, and has no open file in it."""

from dataclasses import dataclass, replace

from importer.models.mappings import Mapping
from importer.models.sources import Source
from importer.pipeline.plan import Plan
from importer.stages import Job


@dataclass(frozen=True, slots=True)
class RowPlan:
    """The tables and the job of a run, for the stages that need nothing but the row itself.

    Attributes:
        tables: the source and the mapping of each table, by its number in the run.
        job: the run's, without what only stages need that know other rows.
    """

    tables: tuple[tuple[Source, Mapping], ...]
    job: Job

    @classmethod
    def of(cls, plan: Plan, job: Job) -> "RowPlan":
        """Return the part of a run's plan and job that row stages need."""
        sources = [table.source for table, _ in plan.tables]
        where_they_lie = [replace(source, path=plan.copies.get(source.path, source.path)) for source in sources]
        tables = tuple(zip(where_they_lie, (mapping for _, mapping in plan.tables), strict=True))
        of_rows = Job(job.region, job.batch_size, job.suppressed, job.keep, correct=job.correct)
        return cls(tables, of_rows)

    def columns(self, table: int) -> dict[str, str]:
        """Return the file's column for each field, by the field's name in a frame; for phones all columns, joined."""
        fields = {field: ", ".join(columns) for field, columns in self.tables[table][1].fields().items()}
        return fields | ({"region": fields["country"]} if "country" in fields else {})
