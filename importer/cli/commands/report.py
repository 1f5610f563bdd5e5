"""``importer report``: write a run's reports again."""

from typing import Annotated, Any

import typer

from importer.cli.options import Json, Run, takes


@takes("full_workbooks", "max_memory", "runs")
def report(  # noqa: PLR0913 - each is an option
    run: Run,
    *,
    masked: Annotated[
        bool, typer.Option("--masked", help="Also write report-masked.html, which holds nobody's data.")
    ] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="Also write report-summary.html: one printed page, nobody's data.")
    ] = False,
    marked: Annotated[
        bool,
        typer.Option("--marked", help="Also write marked-NAME.xlsx: your own workbook, each row with its outcome."),
    ] = False,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Write a run's reports again from what is known of it. Sends nothing."""
    from importer.cli.run import report_run

    raise typer.Exit(report_run(run, flags, as_json=json, is_masked=masked, is_brief=summary, is_marked=marked))
