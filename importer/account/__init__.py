"""``ContactsClient``: the API's five endpoints as Python calls, with the same care as an import."""

from importer.account.client import ContactsClient
from importer.account.contact import BulkResult, Changes, Contact, NewContact

__all__ = ["BulkResult", "Changes", "Contact", "ContactsClient", "NewContact"]
