"""``--exact``: one contact a request, because the counts of an answer settle a contact that travelled alone.

Of two or more they settle each only where all fared alike, and what a larger batch left open no later request recovers:
the contact is there then, whoever made it. So the small requests are the first ones, and cost as many as there are
contacts.
"""

from importer.errors import RefusedError
from importer.settings.settings import Settings


def exact_cost(contacts: int, settings: Settings) -> str:
    """What sending each contact alone takes, for people."""
    per_hour = settings.requests_per_hour
    takes = (
        f"about {contacts / per_hour:.1f} hours at {per_hour:,} an hour" if contacts > per_hour else "within an hour"
    )
    return f"--exact sends each contact in a request of its own: {contacts:,} of them, {takes}"


def check_exact(contacts: int, settings: Settings) -> str:
    """What sending ``contacts`` takes, for people, where that is allowed.

    Raises:
        RefusedError: it takes more requests than are allowed; what to do is said.
    """
    most = settings.verify_requests
    if contacts <= most:
        return f"{exact_cost(contacts, settings)}; {most:,} are allowed."
    raise RefusedError(
        f"{exact_cost(contacts, settings)}, and {most:,} are allowed. Nothing was sent. Allow them with "
        f"--verify-requests {contacts}, or import without --exact: for a small account --snapshot tells by name what "
        "it has already, in far fewer requests."
    )
