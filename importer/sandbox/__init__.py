"""The local API: a real HTTP server with SQLite behind it, to try an import on and to test against.

======================  ====================================================================
``behaviour``           every switch: what the vendor documents by default, and what real services do instead
``store``               contacts and the log of requests, in one SQLite file
``operations``          the five endpoints as functions of store, behaviour and body
``answers``             their answers in every documented and undocumented shape
``quota``               the hourly limit and its headers
``application``         the HTTP side: key, quota, faults, latency, log
``page``                its contacts and requests, for a browser
``server``, ``embedded``  running it alone, and as a child of this process
======================  ====================================================================

The names below load on first use, so that a process that only starts the sandbox as a child imports no web server.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importer.sandbox.behaviour import PRESETS, Behaviour
    from importer.sandbox.embedded import EmbeddedSandbox
    from importer.sandbox.server import serve
    from importer.sandbox.store import Store

__all__ = ["PRESETS", "Behaviour", "EmbeddedSandbox", "Store", "serve"]

_HOME = {
    "PRESETS": "behaviour",
    "Behaviour": "behaviour",
    "EmbeddedSandbox": "embedded",
    "Store": "store",
    "serve": "server",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - nothing is imported before it is asked for

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
