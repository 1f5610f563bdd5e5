"""``importer report``: write a run's reports again."""

from typing import Any

import typer

from importer.cli.options import Json, Run, takes


@takes("full_workbooks", "max_memory", "runs")
def report(run: Run, *, flags: dict[str, Any], json: Json = False) -> None:
    """Write a run's reports again from what is known of it. Sends nothing."""
    from importer.cli.run import report_run

    raise typer.Exit(report_run(run, flags, as_json=json))
