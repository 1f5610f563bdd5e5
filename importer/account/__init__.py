"""``ContactsClient``: the API's five endpoints as Python calls, with the same care as an import."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importer.account.client import ContactsClient
    from importer.account.contact import BulkResult, Changes, Contact, NewContact

__all__ = ["BulkResult", "Changes", "Contact", "ContactsClient", "NewContact"]


def __getattr__(name: str) -> Any:
    """Return a public name, loaded when it is first asked for: an import needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - see above

    return getattr(import_module(f"{__name__}.{'client' if name == 'ContactsClient' else 'contact'}"), name)
