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

MODULES = ("fcntl", "grp", "posix_ipc", "pwd", "resource", "syslog", "termios", "tty", "pty")
CALLS = (
    *("O_CLOEXEC", "O_DIRECTORY", "O_DSYNC", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK", "O_SYNC", "ST_RDONLY"),
    *("chown", "eventfd", "fchown", "fdatasync", "fork", "forkpty", "fpathconf", "getegid", "geteuid"),
    *("getgid", "getgroups", "getpgid", "getpgrp", "getpriority", "getsid", "getuid", "killpg", "lchown", "lockf"),
    *("fchmod", "memfd_create", "mkfifo", "mknod", "nice", "openpty", "pipe2", "posix_fadvise", "posix_fallocate"),
    *("posix_spawn", "pread", "preadv", "pwrite", "pwritev", "sched_getaffinity", "sched_yield", "sendfile"),
    *("setsid", "splice", "statvfs", "fstatvfs", "sync", "sysconf", "ttyname", "wait", "uname", "wait3", "wait4"),
)
SIGNALS = (
    *("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGWINCH"),
    *("alarm", "pause", "pthread_kill", "pthread_sigmask", "setitimer", "sigwait"),
)

_SYSTEM = """
import builtins, os, select, signal, subprocess, types
def view(module, lacking, **instead):
    seen = types.ModuleType(module.__name__)
    vars(seen).update({name: value for name, value in vars(module).items() if name not in lacking} | instead)
    return seen
def no_pipes(*_):
    raise OSError(10038, "an operation was attempted on something that is not a socket")
views = {
    "os": view(os, CALLS),
    "signal": view(signal, SIGNALS),
    "select": view(select, ["poll", "epoll"], select=no_pipes),
}
imported = builtins.__import__
def importing(name, globals=None, *rest, **named):
    package = (globals or {}).get("__package__") or ""
    if package.partition(".")[0] == "importer":
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name in views:
            return views[name]
    return imported(name, globals, *rest, **named)
builtins.__import__ = importing
popen = subprocess.Popen.__init__
def without_descriptors(self, *arguments, **named):
    assert not named.pop("pass_fds", ()), "pass_fds not supported on Windows."
    popen(self, *arguments, **named)
subprocess.Popen.__init__ = without_descriptors
from pathlib import Path
from importer.system import machine, opening
opening._DESCRIPTORS = machine._PROC = Path("/of-no-such-system")
"""
WINDOWS = f"CALLS, MODULES, SIGNALS = {CALLS!r}, {MODULES!r}, {SIGNALS!r}\n{_SYSTEM}"
"""Without the modules, calls and signals of POSIX that Windows lacks, and without paths to descriptors and processes.

So our own modules see it. Libraries, which have ways of their own for Windows, see this system: by its name they would
load what is not here. Paths are this system's, too.
"""

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
