"""``importer send``: the second half of a run."""

from pathlib import Path
from typing import Annotated, Any

import typer

from importer.cli.options import Json, Profile, logged, takes


@logged
@takes(
    "suppress",
    "on_existing",
    "sandbox",
    "account",
    "base_url",
    "target",
    "ca_file",
    "client_cert",
    "proxy",
    "private_network",
    "in_flight",
    "verify",
    "verify_requests",
    "quiet_time",
    "max_error_rate",
    "full_workbooks",
    "max_memory",
    "runs",
)
def send(
    prepared: Annotated[Path, typer.Argument(metavar="DIR|URI", help="What importer prepare made.")],
    *,
    profile: Profile = None,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Send a prepared run, after counting it again; once, and from one folder of runs alone.

    What earlier runs sent is not sent again; suppression lists are read as they are now. If it stops: importer resume.
    """
    from importer.cli.prepare import send_folder

    raise typer.Exit(send_folder(prepared, flags, profile, as_json=json))
