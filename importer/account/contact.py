"""A contact as Python sees it: what is sent, what is changed, what comes back."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypedDict

from pydantic import BaseModel, ConfigDict, StringConstraints

from importer.targets import Complaint, Found

E164 = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]


class NewContact(BaseModel):
    """A contact to create; only ``phone`` is needed, and it must be E.164.

    Metadata is safest flat and of texts: not every service keeps other values.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    phone: E164
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    metadata: dict[str, Any] | None = None


class Changes(TypedDict, total=False):
    """Fields of a contact that can be changed; a field that is not given stays as it is."""

    phone: str
    first_name: str
    last_name: str
    email: str
    metadata: dict[str, Any]


class Contact(BaseModel):
    """A contact of the account.

    Attributes:
        contact_id: the API's id for it; ``update`` and ``delete`` take it.
        phone: E.164.
        first_name, last_name, email: None if the API shows none.
        metadata: empty if the API shows none.
        created_at, updated_at: in UTC by the API's clock; None if it does not show them.
    """

    model_config = ConfigDict(frozen=True)

    contact_id: str
    phone: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    metadata: dict[str, Any] = {}
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @classmethod
    def of(cls, found: Found) -> "Contact":
        """Return the contact that an answer of the API shows."""
        return cls(
            contact_id=found.contact_id,
            phone=found.phone,
            first_name=found.first_name,
            last_name=found.last_name,
            email=found.email,
            metadata=dict(found.metadata or {}),
            created_at=_moment(found.created_at),
            updated_at=_moment(found.updated_at),
        )


class BulkResult(BaseModel):
    """The API's answer to a bulk request: its counters, and the entries of its ``errors`` that could be read.

    The counters are the API's own; it need not say which contact was skipped. ``importer run`` accounts for each one.
    """

    model_config = ConfigDict(frozen=True)

    imported: int
    skipped: int
    errors: int
    complaints: tuple[Complaint, ...] = ()


def _moment(epoch_s: float | None) -> datetime | None:
    """Return epoch seconds as UTC; None if there are none."""
    return None if epoch_s is None else datetime.fromtimestamp(epoch_s, UTC)
