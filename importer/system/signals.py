"""The signals that ask a command to end, as far as the system has them."""

import signal

ENDING = tuple(
    signal.Signals(getattr(signal, name))
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
)
"""Ctrl-C, a service that stops, a terminal that closes; on Windows also Ctrl-Break."""
