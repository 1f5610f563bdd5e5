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
from importer.errors import UsageError
from importer.settings.job_reading import job_schema
from importer.storage.summary import Summary

SCHEMAS: dict[str, tuple[Any, str]] = {
    "summary": (
        Summary,
        "summary.json of a run's folder, and what run, resume, verify, retry and report print with --json",
    ),
    "undo": (UndoSummary, "undo.json of a run's folder; undo prints it with --json"),
    "doctor": (list[Finding], "what doctor prints with --json"),
    "job": (job_schema, "job.toml, which people write: editors complete it by this"),
    "contact": (Contact, "each line that contacts list, get, create and update print with --json"),
}
"""For each name the model, or what makes the schema, and what has this form."""


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of one of ``SCHEMAS``."""
    model, what = SCHEMAS[name]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$comment": f"{what}; importer {__version__}"}
    return (model() if isfunction(model) else TypeAdapter(model).json_schema(mode="serialization")) | head


def print_schema(name: str | None) -> None:
    """Carry out ``importer schema``: print a schema, or the list of them if ``name`` is None.

    Raises:
        UsageError: there is none of that name; the message names the nearest.
    """
    if name is None:
        sys.stdout.write("".join(f"{known:<8}  {what}\n" for known, (_, what) in SCHEMAS.items()))
    elif name in SCHEMAS:
        sys.stdout.write(json.dumps(schema_of(name), indent=2) + "\n")
    else:
        (nearest,) = get_close_matches(name.lower(), SCHEMAS, n=1, cutoff=0.0)
        raise UsageError(
            f"There is no schema of that name. The nearest is {nearest}: importer schema {nearest}. All of them: "
            "importer schema"
        )
