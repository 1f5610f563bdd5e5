"""Reading ``job.toml``: its tables, and the settings of the runs that it starts; and its JSON Schema for editors."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from importer.errors import UsageError
from importer.settings.job import JobFile, profile_of
from importer.settings.profile import ADDRESS, read_profile
from importer.settings.settings import Settings, settings_of

_NOT_OF_JOBS = (*ADDRESS, "job", "suppress_max_age_days", "suppress_max_shrink", "max_error_rate", "dry_run")
KEYS = (*JobFile.model_fields, *(name for name in Settings.model_fields if name not in (*_NOT_OF_JOBS, "suppress")))
"""The keys of ``job.toml``: its tables, and the settings of profiles."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it was read: the path of its file, its tables, and the settings of its runs."""

    path: Path
    tables: JobFile
    settings: Settings

    @property
    def name(self) -> str:
        """Return the job's name."""
        return self.tables.name

    @property
    def home(self) -> Path:
        """Return the folder of the job's memory and lock."""
        return self.settings.runs / "jobs" / self.name

    @property
    def inbox(self) -> Path:
        """Return the folder that the job takes files from; what is fetched is put into one of its own."""
        return self.tables.source.inbox or self.path.parent / f"{self.name}-inbox"

    @property
    def is_fetching(self) -> bool:
        """Return True if the files are copied from elsewhere rather than dropped into the inbox."""
        return self.tables.source.inbox is None


def read_job(path: Path, flags: dict[str, Any]) -> Job:
    """Read a job's file; flags and environment beat its settings.

    Raises:
        UsageError: it cannot be read; or names each key that is wrong, with the nearest right one.
    """
    path = path.absolute()
    values = read_profile(path, "job")
    flaws = [_unknown((), key, KEYS) for key in values if key not in KEYS]
    try:
        tables = JobFile.model_validate(
            {key: value for key, value in values.items() if key in JobFile.model_fields}, context=path.parent
        )
    except ValidationError as error:
        flaws += [_flaw(one) for one in error.errors()]
    if flaws:
        raise UsageError(f"The job {path}: {'; '.join(flaws)}.")
    settings = settings_of(flags, profile_of(values, path.parent), path)
    if settings.dry_run:
        raise UsageError(
            "A job moves the files that it imported, so it is never a dry run. Look with: importer job check"
        )
    runs = settings.runs.absolute()  # its files are found again from any folder
    return Job(path, tables, settings.model_copy(update={"runs": runs}))


def job_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``job.toml``, made of the models that read it."""
    schema, of_settings = JobFile.model_json_schema(), Settings.model_json_schema()
    settings = {name: about for name, about in of_settings["properties"].items() if name in KEYS}
    schema["properties"] = schema["properties"] | {
        name: about for name, about in settings.items() if name not in schema["properties"]
    }
    schema["$defs"] = {name: about for name, about in schema["$defs"].items() if name != "Description"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "job.toml"} | {
        key: value for key, value in schema.items() if key not in ("title", "description")
    }


def _flaw(flaw: Any) -> str:
    """Return what is wrong with a key of a table, in words."""
    *place, name = flaw["loc"] or ("",)
    if flaw["type"] == "extra_forbidden":
        return _unknown(place, name, _fields_of(place))
    where = ".".join(str(part) for part in flaw["loc"] if isinstance(part, str))
    return f"{where}: {str(flaw['msg']).removeprefix('Value error, ')}"


def _unknown(place: Iterable[Any], name: Any, known: Iterable[str]) -> str:
    within = "".join(f"[{part}] " for part in place)
    nearest = get_close_matches(str(name), known := list(known), n=1, cutoff=0.6)
    return f"{within}{name} is no key; " + (
        f"did you mean {nearest[0]}?" if nearest else f"keys are {', '.join(known)}"
    )


def _fields_of(place: Iterable[Any]) -> list[str]:
    """Return the keys of the table at a place."""
    model: type[BaseModel] = JobFile
    for part in place:
        annotation = model.model_fields[str(part)].annotation
        options = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
        model = next(option for option in options if isinstance(option, type) and issubclass(option, BaseModel))
    return list(model.model_fields)
