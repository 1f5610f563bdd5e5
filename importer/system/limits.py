"""Limits of processes: none leaves a core file, and a child with a parser that a crafted file can crash is bounded.

Each limit is set as far as the system lets it be: macOS refuses to bound the address space, and Windows has none of
them. A parser is then bounded by its time alone (``children``' callers wait no longer). ``importer doctor`` says so.
"""

from contextlib import suppress
from types import ModuleType

resource: ModuleType | None = None
with suppress(ImportError):
    import resource

MEMORY_BYTES = 2 << 30
CPU_S = 120
FILE_BYTES = 2 << 30
_LIMITS = {"RLIMIT_AS": ("memory", MEMORY_BYTES), "RLIMIT_CPU": ("time", CPU_S), "RLIMIT_FSIZE": ("files", FILE_BYTES)}


def limit() -> list[str]:
    """Limit this process: address space, processor time, size of the files that it writes.

    Return what the system does not let itself be limited in: some of ``memory``, ``time`` and ``files``.
    """
    return [what for name, (what, most) in _LIMITS.items() if not _set(name, most)]


def leave_no_core_file() -> None:
    """Disable core files for this process and its children: one would hold the API key and people's data."""
    _set("RLIMIT_CORE", 0)


def _set(name: str, most: int) -> bool:
    """Set one limit; return False if the system does not let it be set."""
    if resource is None:
        return False
    try:
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        # Never above a limit that the system set already: raising it would fail without root.
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(number, (bound, bound))
    except (AttributeError, OSError, ValueError):
        return False
    return True
