"""Limits of processes: none leaves a core file, and a child with a parser that a crafted file can crash is bounded."""

import resource

MEMORY_BYTES = 2 << 30
CPU_S = 120
FILE_BYTES = 2 << 30


def limit() -> None:
    """Limit this process: address space, processor time, size of the files that it writes."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
    ):
        hard = resource.getrlimit(what)[1]
        # Never above a limit that the system set already: raising it would fail without root.
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


def leave_no_core_file() -> None:
    """Disable core files for this process and its children: one would hold the API key and people's data."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
