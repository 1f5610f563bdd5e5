"""Contact lists from spreadsheets into a Contacts API, with an account of every row."""

TYPE_CHECKING = False  # no import, not even of typing: ``python -m importer`` still has the current folder on its path
if TYPE_CHECKING:
    from importer.account import ContactsClient, NewContact

__version__ = "0.1.0"
__all__ = ["ContactsClient", "NewContact", "__version__"]


def __getattr__(name: str) -> object:
    """The client, imported when it is asked for: the command line starts without it."""
    if name in ("ContactsClient", "NewContact"):
        from importer import account as client  # noqa: PLC0415 - see above

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
