"""Lists of the sandbox in every dress."""

from importer.sandbox import Behaviour
from tests.conftest import StartSandbox
from tests.support.sandbox_client import OTHER, PHONE, bulk, client


def test_list_shapes(start_sandbox: StartSandbox) -> None:
    """The list comes nested or bare, under other names, in the other order, with totals elsewhere."""
    options = ["list_order=newest-first", "page_cap=1", "id_name=id", "phone_name=phoneNumber"]
    nested = start_sandbox(Behaviour.parse([*options, "list_shape=items", "list_totals=data"]))
    bare = start_sandbox(Behaviour.parse([*options, "list_shape=bare"]))
    for sandbox in (nested, bare):
        bulk(sandbox, {"phone": PHONE}, {"phone": OTHER})
    with client(nested) as api:
        data = api.get("/contacts", params={"limit": 9}).json()["data"]
    assert [contact["phoneNumber"] for contact in data["items"]] == [OTHER]
    assert data["total"] == 2
    with client(bare) as api:
        assert api.get("/contacts").json()[0]["id"].startswith("contact_")
