"""The sandbox's file of contacts."""

import os
import stat
from pathlib import Path

from importer.sandbox import Behaviour, Store
from tests.conftest import StartSandbox
from tests.support.sandbox_client import OTHER, PHONE, bulk


def test_ids_are_the_same_for_the_same_seed(start_sandbox: StartSandbox) -> None:
    """Two sandboxes that are told the same answer the same; another seed gives other ids."""
    ids = []
    for seed in (7, 7, 8):
        sandbox = start_sandbox(Behaviour(seed=seed))
        bulk(sandbox, {"phone": PHONE}, {"phone": OTHER})
        ids.append([contact.contact_id for contact in sandbox.store.contacts()])
        assert [found and found.phone for found in map(sandbox.store.find, ids[-1])] == [PHONE, OTHER]
    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """The database and its journal have mode 0600 whatever the umask."""
    before = os.umask(0)
    try:
        store = Store(tmp_path / "private.sqlite")
        store.log("GET", "/", 200, 0, None)
        modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert modes == {0o600}
