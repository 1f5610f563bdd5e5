"""``verify``: the reading, and the run's books as they are after it."""

from typing import Any

from rich.console import Console

from importer.account.connection import key_of
from importer.account.whose import Whose
from importer.cli.loading import loaded
from importer.cli.progress import Progress
from importer.cli.questions import account_asker, confirm
from importer.cli.run import finish, stoppable
from importer.pipeline.verify import verify_run
from importer.stages.phones.typed import read_number
from importer.storage.run_folder import RunFolder


def verify_one(  # noqa: PLR0913 - the command's options
    name: str,
    flags: dict[str, Any],
    requests: int | None,
    control: str | None,
    *,
    rebuilds: bool,
    is_sure: bool,
    as_json: bool,
) -> int:
    """Carry out ``importer verify``; returns its exit code."""
    settings = loaded(flags)
    folder = RunFolder.find(settings.runs, name)
    number = None if control is None else read_number(control, settings.region)
    console = Console(stderr=True)
    with Progress(console) as progress, stoppable(progress) as stop:
        summary = verify_run(
            folder,
            key_of(folder, progress, is_ledger_lost=rebuilds),
            progress,
            stop,
            Whose(settings.account, None if as_json else account_asker(progress)),
            rebuilds=rebuilds,
            requests=requests,
            control=number,
            confirm=lambda question: confirm(question, is_sure=is_sure),
        )
    return finish(console, folder, summary, as_json=as_json)
