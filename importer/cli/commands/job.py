"""``job``: imports that run while nobody looks. What the commands need is imported when they run."""

from pathlib import Path
from typing import Annotated, Any

import typer

from importer.cli.options import Files, Json, logged, takes

group = typer.Typer(
    help="Import what comes into a folder while nobody looks: importer docs jobs.",
    no_args_is_help=True,
    add_completion=False,
)

_OF_JOB = takes(
    "base_url", "target", "ca_file", "client_cert", "proxy", "private_network", "account", "fail_on", "runs"
)
JobPath = Annotated[Path, typer.Argument(metavar="JOB.TOML", help="The job's file.")]


@group.command()
@takes("region", "map", "sheet")
def init(
    files: Files,
    *,
    flags: dict[str, Any],
    out: Annotated[Path, typer.Option(metavar="JOB.TOML", help="Where the job is written.")] = Path("job.toml"),
) -> None:
    """Write a job for files like these, with comments, and the schema that editors complete it by."""
    from importer.cli.job_init import init_job

    init_job(files, out, flags)


@group.command()
@_OF_JOB
def check(
    job: JobPath,
    *,
    notify_test: Annotated[
        bool, typer.Option("--notify-test", help="Send a test to everybody whom the job tells, too.")
    ] = False,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Say what is wrong with a job, and what a start would do now. Takes no file, sends nothing.

    Exit codes: 0 it can start; 2 it cannot.
    """
    from importer.cli.job_check import check_job

    check_job(job, flags, is_test=notify_test, as_json=json)


@group.command()
@logged
@_OF_JOB
def run(job: JobPath, *, flags: dict[str, Any], json: Json = False) -> None:
    """Start a job once: go on with what was left, then import every file that is whole, and file it away.

    Exit codes: the highest stake among the files, as of: importer run; 0 where there was nothing to do; 8 another
    start of the job is under way.
    """
    from importer.cli.job import run_job

    raise typer.Exit(run_job(job, flags, as_json=json))


@group.command()
@logged
@_OF_JOB
def watch(
    job: JobPath,
    *,
    every: Annotated[
        float, typer.Option(metavar="S", min=0.1, help="Seconds from the end of a start to the next.")
    ] = 60,
    flags: dict[str, Any],
) -> None:
    """Start a job again and again, where there is no scheduler. SIGTERM ends it in good order (exit code 0)."""
    from importer.cli.job import watch_job

    raise typer.Exit(watch_job(job, flags, every))


@group.command()
@_OF_JOB
def status(
    job: JobPath,
    *,
    max_age: Annotated[
        str | None,
        typer.Option(metavar="26h", help="End with 4 if the job did not end well within so long (s, m, h or d)."),
    ] = None,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Show a job's backlog, its last starts and files, who holds it, and what to do next."""
    from importer.cli.job_status import show_status

    raise typer.Exit(show_status(job, flags, max_age, as_json=json))


@group.command()
@_OF_JOB
def install(  # noqa: PLR0913 - a parameter an option
    job: JobPath,
    *,
    systemd: Annotated[bool, typer.Option("--systemd", help="Write a service and a timer.")] = False,
    cron: Annotated[bool, typer.Option("--cron", help="Write a line of this user's crontab.")] = False,
    printed: Annotated[
        str | None,
        typer.Option("--print", metavar="kubernetes|airflow|github", help="Print a CronJob, a DAG or a workflow."),
    ] = None,
    at: Annotated[str, typer.Option(metavar="HH:MM", help="When it is started each day.")] = "02:15",
    flags: dict[str, Any],
) -> None:
    """Tell a scheduler to start a job each day; shows what was written and how it is taken back. Starts nothing.

    The other options, and IMPORTER_... variables, are those of each start. The key stays in its file, or in the
    scheduler's store of secrets.
    """
    from importer.cli.job_install import install_job

    written = [name for name, is_given in (("systemd", systemd), ("cron", cron)) if is_given]
    install_job(job, flags, at, written, printed)
