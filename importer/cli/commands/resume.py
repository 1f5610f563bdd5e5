"""``importer resume``: go on with a run."""

from typing import Annotated, Any

import typer

from importer.cli.options import Json, MoreSuppress, Run, logged, takes


@logged
@takes("account", "max_memory", "workers", "runs")
def resume(
    run: Run,
    *,
    repost_anyway: Annotated[
        bool,
        typer.Option(
            "--repost-anyway",
            help="Send again what stays in doubt, although it may then be in the account twice; its rows say "
            "maybe_duplicated for ever.",
        ),
    ] = False,
    flags: dict[str, Any],
    suppress: MoreSuppress = None,
    json: Json = False,
) -> None:
    """Go on where a run stopped. What was sent is never sent again blindly; suppression lists hold as they are now."""
    from importer.cli.run import resume_run

    given = flags if suppress is None else flags | {"suppress": suppress}
    raise typer.Exit(resume_run(run, given, is_forced=repost_anyway, as_json=json))
