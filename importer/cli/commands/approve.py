"""``importer approve``: approve a run's plan, and send it."""

from typing import Any

import typer

from importer.cli.options import As, Json, Run, logged, takes


@logged
@takes("account", "runs")
def approve(run: Run, *, flags: dict[str, Any], who: As = None, json: Json = False) -> None:
    """Approve the plan of a run that was begun with --needs-approval, and send exactly that plan.

    Nothing is sent if a file, the profile, a suppression list, the settings or the prepared rows differ from the plan
    (exit code 5), or while somebody else's approval is missing (--approvers 2; exit code 7).
    """
    from importer.cli.approve import approve_run

    raise typer.Exit(approve_run(run, flags, who, as_json=json))
