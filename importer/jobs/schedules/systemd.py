"""A service and a timer of systemd: of the system for root, of the user for anybody else.

Quoting is systemd's own: ``%`` begins a specifier, and in a command ``$`` a variable.
"""

import os
import shlex
from pathlib import Path

from importer.jobs.schedules.schedule import Recipe, Schedule
from importer.system import machine

SYSTEM = Path("/etc/systemd/system")


def folder() -> Path:
    """Return the folder of units: the system's for root, else the user's own."""
    if machine.is_root():
        return SYSTEM
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def recipe(schedule: Schedule) -> dict[Path, Recipe]:
    """Return the files to write, the timer last: its recipe tells how both are switched on and taken back."""
    is_system = machine.is_root()
    service, timer = (folder() / f"{schedule.name}.{kind}" for kind in ("service", "timer"))
    systemctl = "systemctl" if is_system else "systemctl --user"
    before = [f"The key lies in {schedule.key_file}, readable by its owner alone."] if schedule.key_file else []
    if not is_system:
        before.append("So that it is started while nobody is logged in: loginctl enable-linger")
    do = [f"{systemctl} daemon-reload", f"{systemctl} enable --now {timer.name}", f"{systemctl} start {service.name}"]
    undo = [
        f"{systemctl} disable --now {timer.name}",
        shlex.join(["rm", str(service), str(timer)]),
        f"{systemctl} daemon-reload",
    ]
    return {
        service: Recipe(_service(schedule, is_system=is_system), [], [], []),
        timer: Recipe(_timer(schedule), before, do, undo),
    }


def mark(schedule: Schedule) -> str:
    """Return the first line of a unit: it says whose it is."""
    return f"# importer job install {schedule.job.path}"


def _service(schedule: Schedule, *, is_system: bool) -> str:
    lines = [
        mark(schedule),
        "[Unit]",
        f"Description=importer: the job {schedule.job.name}",
        "Wants=network-online.target",
        "After=network-online.target",
        "# What was stopped (exit code 4) is gone on with after ten minutes, six times at most.",
        "StartLimitIntervalSec=4h",
        "StartLimitBurst=7",
        "",
        "[Service]",
        "Type=oneshot",
        f"WorkingDirectory={_specified(str(schedule.folder))}",
        f"ExecStart={' '.join(_quoted(part.replace('$', '$$')) for part in schedule.command)}",
        *(f"Environment={_quoted(f'{name}={value}')}" for name, value in schedule.variables.items()),
    ]
    if schedule.key_file is not None:
        lines += [
            f"LoadCredential=key:{_specified(str(schedule.key_file))}",
            f"Environment={schedule.key_variable}_FILE=%d/key",
        ]
    lines += [
        "SuccessExitStatus=3 8",
        "Restart=on-failure",
        "RestartSec=10min",
        "RestartPreventExitStatus=1 2 5 6 7",
        "# It ends in good order: the answer under way comes in, and the report is written.",
        "KillMode=mixed",
        "TimeoutStopSec=10min",
        "UMask=0077",
    ]
    return "\n".join([*lines, *(_walls(schedule) if is_system else []), ""])


def _walls(schedule: Schedule) -> list[str]:
    """Return what keeps the service to its own folders; units of a user cannot have all of it."""
    user = schedule.job.path.owner()
    places = {schedule.folder, schedule.job.settings.runs, schedule.job.inbox}
    if (file := schedule.job.tables.metrics.textfile) is not None:
        places.add(file.parent)
    outer = sorted(place for place in places if not any(other in place.parents for other in places))
    return [
        *([] if user == "root" else [f"User={user}"]),
        "NoNewPrivileges=yes",
        "PrivateTmp=yes",
        "ProtectSystem=strict",
        "ProtectHome=read-only",
        f"ReadWritePaths={' '.join(_quoted(str(place)) for place in outer)}",
    ]


def _timer(schedule: Schedule) -> str:
    lines = [
        mark(schedule),
        "[Unit]",
        f"Description=importer: the job {schedule.job.name}, daily",
        "",
        "[Timer]",
        f"OnCalendar=*-*-* {schedule.hour:02}:{schedule.minute:02}:00",
        "# A start that was missed while this machine was off is made up for.",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
        "",
    ]
    return "\n".join(lines)


def _specified(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """Return a word as systemd reads it."""
    escaped = _specified(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if escaped != text or shlex.quote(text) != text else text
