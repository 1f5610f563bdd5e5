"""The limits of a process that opens somebody's file with a parser which a crafted file can end."""

import resource

MEMORY_BYTES = 2 << 30
CPU_S = 120
FILE_BYTES = 2 << 30


def limit() -> None:
    """Bound this process: address space, processor time, size of what it writes; no core file."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))
