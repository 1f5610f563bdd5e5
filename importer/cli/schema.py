"""``schema``: JSON Schemas (draft 2020-12) of what is written for programs, made from the models that write it."""

import json
import sys
from difflib import get_close_matches
from inspect import isfunction
from typing import Any

from pydantic import TypeAdapter

from importer import __version__
from importer.account import Contact
from importer.account.doctor import Finding
from importer.account.undo import UndoSummary
from importer.cli.contacts import DeletedContact
from importer.cli.convert import ConvertedFile
from importer.cli.docs import Topic
from importer.cli.forget import ForgetSummary
from importer.cli.job import JobStart
from importer.cli.job_check import JobCheck
from importer.cli.job_status import Status
from importer.cli.runs import ListedRun
from importer.errors import UsageError
from importer.models.decisions import Decision
from importer.pipeline.compare import Comparison
from importer.pipeline.find import Found
from importer.pipeline.inspection.document import InspectionDocument
from importer.pipeline.purge import Purging
from importer.pipeline.trace import Trace
from importer.settings.job_reading import job_schema
from importer.storage.prepared import Prepared
from importer.storage.summary import Summary


def _decision() -> dict[str, Any]:
    # As it is read: a line leaves out what its act has not.
    return Decision.model_json_schema()


SCHEMAS: dict[str, tuple[Any, str]] = {
    "summary": (
        Summary,
        "summary.json of a run's folder; run, send, resume, approve, verify, retry and report print it with --json",
    ),
    "review": (_decision, "each line of review.jsonl in a run's folder: what people decided"),
    "undo": (UndoSummary, "undo.json of a run's folder; undo prints it with --json"),
    "forget": (ForgetSummary, "what forget prints with --json"),
    "purge": (Purging, "what purge prints with --json"),
    "prepared": (Prepared, "prepared.json of a folder that prepare made; prepare prints it with --json"),
    "inspection": (InspectionDocument, "what inspect prints with --json"),
    "converted": (list[ConvertedFile], "what convert prints with --json"),
    "runs": (list[ListedRun], "what runs prints with --json"),
    "trace": (Trace, "what trace prints with --json"),
    "find": (Found, "what find prints with --json"),
    "compare": (Comparison, "what compare prints with --json"),
    "doctor": (list[Finding], "what doctor prints with --json"),
    "job": (job_schema, "job.toml, which people write: editors complete it by this"),
    "job-check": (JobCheck, "what job check prints with --json"),
    "job-run": (JobStart, "what job run prints with --json"),
    "job-status": (Status, "what job status prints with --json"),
    "contact": (Contact, "each line that contacts list, get, create and update print with --json"),
    "deleted": (DeletedContact, "what contacts delete prints with --json"),
    "docs": (list[Topic], "what docs prints with --json"),
    "schemas": (dict[str, str], "what schema without a name prints with --json"),
}
"""For each name the model, or what makes the schema, and what has this form."""


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of one of ``SCHEMAS``."""
    model, what = SCHEMAS[name]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$comment": f"{what}; importer {__version__}"}
    return (model() if isfunction(model) else TypeAdapter(model).json_schema(mode="serialization")) | head


def print_schema(name: str | None, *, as_json: bool = False) -> None:
    """Carry out ``importer schema``: print a schema, or the list of them if ``name`` is None.

    Raises:
        UsageError: there is none of that name; the message names the nearest.
    """
    if name is None and as_json:
        sys.stdout.write(json.dumps({known: what for known, (_, what) in SCHEMAS.items()}, indent=2) + "\n")
    elif name is None:
        sys.stdout.write("".join(f"{known:<10}  {what}\n" for known, (_, what) in SCHEMAS.items()))
    elif name in SCHEMAS:
        sys.stdout.write(json.dumps(schema_of(name), indent=2) + "\n")
    else:
        (nearest,) = get_close_matches(name.lower(), SCHEMAS, n=1, cutoff=0.0)
        raise UsageError(
            f"There is no schema of that name. The nearest is {nearest}: importer schema {nearest}. All of them: "
            "importer schema"
        )
