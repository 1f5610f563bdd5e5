"""Other systems, played on this one: what they lack is taken away from a command and from each process it starts."""

import subprocess
import sys
from pathlib import Path

from importer.system import isolated

MACOS = """
import os, resource
setrlimit = resource.setrlimit
def refusing(what, limits):
    if what == resource.RLIMIT_AS:
        raise ValueError("current limit exceeds maximum limit")
    setrlimit(what, limits)
resource.setrlimit = refusing
del os.memfd_create
"""
"""No bound on the address space, no files in memory."""

WINDOWS = """
import os, select, signal, subprocess, sys, typer, typer.exceptions
for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
for name in ("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "getsid", "memfd_create", "pread", "sysconf"):
    delattr(os, name)
for name in ("SIGHUP", "SIGURG", "pthread_kill"):
    delattr(signal, name)
sys.platform = "win32"
from importer.cli import main
main()
"""
"""Without the modules, calls and signals of POSIX that Windows lacks; ends with the command."""

_COMMAND = """
from pathlib import Path
from importer.system import children, process_tree
children._START = Path({start!r})
process_tree._PROC = Path("/proc-of-no-such-system")
from importer.cli import main
main()
"""


def played(prelude: str, at: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run an ``importer`` command in the folder, as if on the system that the prelude makes of this one."""
    start = at / ".start.py"
    start.write_text(f"{prelude}\nimport runpy\nrunpy.run_path({isolated.__file__!r}, run_name='__main__')\n", "utf-8")
    return subprocess.run(
        [sys.executable, "-c", prelude + _COMMAND.format(start=str(start)), *map(str, arguments)],
        cwd=at,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
