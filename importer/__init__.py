"""Contact lists from spreadsheets into a Contacts API, with an account of every row.

``importer.run`` and its like are what the command line calls (``importer docs python``); ``ContactsClient`` is the
API's other endpoints. Nothing is loaded before it is asked for, so that importing this package costs nothing.
"""

TYPE_CHECKING = False  # no import, not even of typing: ``python -m importer`` still has the current folder on its path
if TYPE_CHECKING:
    from importer.account import Contact, ContactsClient, NewContact
    from importer.pipeline.library import (
        Inspection,
        Progress,
        Run,
        Stop,
        Summary,
        UndoSummary,
        inspect,
        resume,
        retry,
        run,
        undo,
        verify,
    )

__version__ = "0.1.0"
__all__ = [
    "Contact",
    "ContactsClient",
    "Inspection",
    "NewContact",
    "Progress",
    "Run",
    "Stop",
    "Summary",
    "UndoSummary",
    "__version__",
    "inspect",
    "resume",
    "retry",
    "run",
    "undo",
    "verify",
]

_ACCOUNT, _LIBRARY = "importer.account", "importer.pipeline.library"
_MODULES = {
    "Contact": _ACCOUNT,
    "ContactsClient": _ACCOUNT,
    "Inspection": _LIBRARY,
    "NewContact": _ACCOUNT,
    "Progress": _LIBRARY,
    "Run": _LIBRARY,
    "Stop": _LIBRARY,
    "Summary": _LIBRARY,
    "UndoSummary": _LIBRARY,
    "inspect": _LIBRARY,
    "resume": _LIBRARY,
    "retry": _LIBRARY,
    "run": _LIBRARY,
    "undo": _LIBRARY,
    "verify": _LIBRARY,
}
"""For each public name the module that has it."""


def __getattr__(name: str) -> object:
    """Return a public name, loaded when it is first asked for: the command line starts without any."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - see above

    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
