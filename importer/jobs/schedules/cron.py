"""A line of the crontab, which is known by the comment at its end."""

import shlex
import shutil
import subprocess

from importer.errors import UsageError
from importer.jobs.schedules.schedule import Recipe, Schedule


def recipe(schedule: Schedule) -> Recipe:
    """Return the line; what the job says goes nowhere but its errors, which cron mails."""
    variables = dict(schedule.variables)
    before = []
    if schedule.key_file is not None:
        variables[f"{schedule.key_variable}_FILE"] = str(schedule.key_file)
        before = [f"The key lies in {schedule.key_file}, readable by its owner alone."]
    words = [*(f"{name}={shlex.quote(value)}" for name, value in variables.items()), shlex.join(schedule.command)]
    command = f"cd {shlex.quote(str(schedule.folder))} && {' '.join(words)} > /dev/null {mark(schedule)}"
    # For cron a % is a line end.
    line = f"{schedule.cron} {command}".replace("%", r"\%")
    undo = f"crontab -l | grep -vF {shlex.quote(mark(schedule).replace('%', chr(92) + '%'))} | crontab -"
    return Recipe(line, before, [], [undo])


def mark(schedule: Schedule) -> str:
    """Return the comment at the line's end."""
    return f"# importer job install {schedule.job.path}"


def install(schedule: Schedule) -> bool:
    """Put the line into this user's crontab, in place of the job's line of before; return False if it was there.

    Raises:
        UsageError: this machine has no crontab, or it refuses the line.
    """
    program = shutil.which("crontab")
    if program is None:
        raise UsageError(
            "This machine has no crontab. Take --systemd, or without a scheduler: importer job watch JOB.TOML"
        )
    line = recipe(schedule).text
    listed = subprocess.run([program, "-l"], capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    lines = listed.stdout.splitlines() if listed.returncode == 0 else []  # 1: this user has none yet
    if line in lines:
        return False
    end = mark(schedule).replace("%", r"\%")
    kept = [one for one in lines if not one.endswith(end)]
    told = "\n".join([*kept, line, ""])
    done = subprocess.run([program, "-"], input=told, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise UsageError(f"crontab refuses the line: {done.stderr.strip()}")
    return True
