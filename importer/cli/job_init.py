"""``job init``: a job for files like those at hand, with comments."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from importer.cli.progress import Progress
from importer.errors import UsageError
from importer.models.mappings import SURE
from importer.models.outcomes import Outcome
from importer.models.watching import Stop
from importer.pipeline.inspection.inspect import Inspection, inspect
from importer.pipeline.plan import check_files
from importer.settings.job_reading import job_schema
from importer.settings.settings import Settings, load_settings
from importer.system.new_file import new_file

_SCHEMA = "job.schema.json"
_WAY_OUT = "Make room or give permission, and try again."


def init_job(files: list[Path], out: Path, flags: dict[str, Any]) -> None:
    """Carry out ``importer job init``: write the job, its schema, and its inbox; never over what is there.

    Raises:
        UsageError: there is such a file already, or a list cannot be read.
    """
    check_files(files)
    if out.exists():
        raise UsageError(f"{out} is there already, and is not written over. Name another with --out.")
    settings = load_settings(flags)
    with Progress(Console(stderr=True)) as progress:
        inspection = inspect(files, settings, progress, Stop())
    if not inspection.tables:
        raise UsageError("No table of these files has a phone column: importer inspect shows them.")
    with new_file(out, _WAY_OUT, UsageError) as part:
        part.write_text(job_text(files[0], inspection, settings), "utf-8")
    with new_file(out.with_name(_SCHEMA), _WAY_OUT, UsageError) as part:
        part.write_text(json.dumps(job_schema(), indent=2) + "\n", "utf-8")
    (out.parent / "inbox").mkdir(mode=0o700, exist_ok=True)
    console = Console()
    for words in (f"written: {out}, and {_SCHEMA} beside it", f"the inbox: {out.parent / 'inbox'}"):
        console.print(Text(words), soft_wrap=True)
    console.print(Text(f"next: importer job check {shlex.quote(str(out))}", "bold"), soft_wrap=True)


def job_text(file: Path, inspection: Inspection, settings: Settings) -> str:
    """Return the text of a job for files like those that were inspected."""
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", file.stem).strip("-.").lower()[:40] or "nightly"
    errored = sum(rows for (outcome, _), rows in inspection.reasons.items() if outcome == Outcome.ERRORED)
    share = errored / max(inspection.rows, 1)
    allowed = 0.2 if share < 0.15 else min(1.0, round(share + 0.1, 1))
    return "\n".join(
        [
            f"#:schema ./{_SCHEMA}",
            f"# A job for files like the one it was made of, which has {inspection.rows:,} rows: importer docs jobs",
            f"name = {json.dumps(name)}",
            *_region(inspection, settings),
            "",
            *_mapping(inspection),
            "[source]",
            'inbox = "inbox"              # beside this file; or files = ["drop/*.csv"], or url = "sftp://…"',
            "settle_s = 30                # unchanged for so long before it is taken",
            "",
            "[gates]                      # a file that one of them holds back goes to inbox/quarantine, exit code 5",
            "min_rows = 1",
            f"max_error_rate = {allowed:<11} # {share:.1%} of the rows of that file cannot be imported",
            "max_duplicate_rate = 0.5",
            "same_columns = true          # as in the last run",
            "band = 5                     # median ± 5 MAD of the last runs, from the fourth on",
            "",
            "# [suppress]",
            '# files = ["do-not-call.csv"]  # numbers that must never be sent',
            "# max_age_days = 31",
            "",
            "# [notify]                   # told when the job begins to fail, and when it is well again",
            '# webhook = "https://ops.example.com/hook"',
            '# secret_file = ".hook-secret"  # signs it; readable by its owner alone',
            "",
        ]
    )


def _region(inspection: Inspection, settings: Settings) -> list[str]:
    if settings.region:
        return [f'region = "{settings.region}"                # of numbers that are written without a country']
    if inspection.suggestion is None:
        return ["# No number of that file lacks its country, so no region is needed."]
    suggested = re.search(r": --region ([A-Z]{2})$", inspection.suggestion)
    words = f"# {inspection.suggestion}"
    return [words, f'region = "{suggested[1]}"' if suggested else '# region = "US"']


def _mapping(inspection: Inspection) -> list[str]:
    """Return the columns of the first table as they were understood, to be pinned or corrected."""
    table = inspection.tables[0]
    lines = ["[map]                        # which column is what; without a line, each file is understood by itself"]
    for decision in table.mapping.decisions:
        if not decision.chosen:
            continue
        columns = [candidate.column for candidate in decision.chosen]
        value = json.dumps(columns if len(columns) > 1 else columns[0], ensure_ascii=False)
        first = decision.chosen[0]
        sign = "" if decision.is_sure else "# "
        sure = "" if first.confidence >= SURE else ", not sure: correct it and take the # away"
        lines.append(f"{sign}{decision.field} = {value}  # {first.confidence} of 100: {first.why}{sure}")
    return [*lines, ""]
