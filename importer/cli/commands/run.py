"""``importer run``: import files."""

import os
from contextlib import suppress
from typing import Annotated, Any

import typer

from importer.cli.options import Files, Json, Profile, logged, takes

_SMALL_BYTES = 1 << 20
"""Files of which to wake another thread of polars takes longer than its share of the work."""


@logged
@takes(
    "region",
    "map",
    "sheet",
    "suppress",
    "attestation",
    "keep",
    "on_existing",
    "skip_unreadable",
    "sandbox",
    "dry_run",
    "needs_approval",
    "approvers",
    "account",
    "base_url",
    "target",
    "ca_file",
    "client_cert",
    "proxy",
    "private_network",
    "batch_size",
    "in_flight",
    "verify",
    "verify_requests",
    "exact",
    "snapshot",
    "quiet_time",
    "max_error_rate",
    "fail_on",
    "full_workbooks",
    "max_memory",
    "workers",
    "engine",
    "spark",
    "runs",
)
def run(
    files: Files,
    *,
    profile: Profile = None,
    flags: dict[str, Any],
    forget_answers: Annotated[
        bool,
        typer.Option("--forget-answers", help="Forget what was answered before for lists with these headers."),
    ] = False,
    json: Json = False,
) -> None:
    """Import files and account for every row.

    The API key comes from VOXPRIA_API_KEY, or from the file that VOXPRIA_API_KEY_FILE names.

    Exit codes: 0 every row imported or skipped; 2 wrong usage; 3 finished, with errored rows or files left
    out; 4 stopped or unconfirmed, resumable; 5 refused before sending; 6 the API refuses the key; 7 waits for
    approval.
    """
    with suppress(OSError):  # which file cannot be read, and why, is told later
        if sum(path.stat().st_size for path in files) < _SMALL_BYTES:
            os.environ.setdefault("POLARS_MAX_THREADS", "1")
    from importer.cli.run import import_files

    raise typer.Exit(import_files(files, flags, profile, as_json=json, forgets=forget_answers))
