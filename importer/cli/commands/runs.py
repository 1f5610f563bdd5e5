"""``importer runs``: list the runs."""

from typing import Any

from importer.cli.options import takes


@takes("runs")
def runs(*, flags: dict[str, Any]) -> None:
    """List the runs, newest last."""
    from importer.cli.runs import print_runs

    print_runs(flags)
