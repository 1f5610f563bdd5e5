"""A client of a sandbox, and a server that answers one request after the other."""

from importer import ContactsClient
from tests.conftest import KEY, Sandbox
from tests.support.faultserver import Act, Call, FaultServer


def one_by_one(*acts: Act) -> Act:
    """What happens to requests for the list, in order."""
    left = list(acts)

    def act(server: FaultServer, call: Call) -> None:
        left.pop(0)(server, call)

    return act


def client_of(sandbox: Sandbox, **options: float) -> ContactsClient:
    return ContactsClient(sandbox.url, KEY, **options)  # type: ignore[arg-type]  # only numbers are given here
