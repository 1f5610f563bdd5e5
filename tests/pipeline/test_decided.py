"""Which decided rows a retry sends: each once."""

import json
from pathlib import Path

from importer.models.decisions import Change
from importer.sandbox import Behaviour
from importer.storage.decisions import Decisions
from tests.conftest import StartSandbox, Typed
from tests.support.retrying import corrected, imported_list, retried


def test_rows_that_a_later_run_goes_on_with_are_not_sent_beside_it(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed
) -> None:
    """A retry that was stopped has its rows; a row that came out wrong waits for a new decision."""
    sandbox = start_sandbox(Behaviour.parse(["faults=1:401"]))
    run = imported_list(typed, tmp_path, "Ben,12345,Oslo,\nCid,999,Oslo,\n", "--base-url", sandbox.url)
    cells = {2: {"Phone": "202-555-0102"}, 3: {"Phone": "998"}}
    stopped, _ = retried(typed, run, corrected(run, "fixed.xlsx", cells))
    assert (stopped["exit_code"], stopped["waiting"], stopped["errored"]) == (6, 1, 1)
    again = typed("retry", run.name, "--runs", run.parent)
    assert again.code == 2
    assert f"1 of the decided rows are not sent again: run {stopped['run_id']}" in " ".join(again.err.split())
    Decisions(run).append("anna", [Change(("list.csv", None, 3), "set", "202-555-0103", "Phone", "999")])
    _, rows = retried(typed, run, None)
    assert rows["row"].to_list() == [3]
    resumed = typed("resume", str(stopped["run_id"]), "--json", "--runs", run.parent)
    assert json.loads(resumed.out)["imported"] == 1
    assert sorted(contact.phone for contact in sandbox.store.contacts()) == ["+12025550102", "+12025550103"]
