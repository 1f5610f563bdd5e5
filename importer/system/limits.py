"""The limits of processes: none leaves a core file, and one with a parser that a crafted file can end has bounds."""

import resource

MEMORY_BYTES = 2 << 30
CPU_S = 120
FILE_BYTES = 2 << 30


def limit() -> None:
    """Bound this process: address space, processor time, size of what it writes."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
    ):
        hard = resource.getrlimit(what)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


def leave_no_core_file() -> None:
    """Let this process and those that it starts end without a core file, which would hold the key and people's data."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
