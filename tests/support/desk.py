"""A place to type ``importer`` commands at: a folder with a list, an account in a sandbox, and what is seen of both."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from tests.conftest import Done, Sandbox, Typed


class Desk:
    """``rows`` lie in ``list.csv``; runs go to the sandbox and keep their books in the folder ``runs``."""

    def __init__(self, folder: Path, sandbox: Sandbox, typed: Typed, rows: str) -> None:
        self.folder, self.store, self.url, self._typed = folder, sandbox.store, sandbox.url, typed
        (folder / "list.csv").write_text(rows, "utf-8")

    def command(self, *arguments: str) -> Done:
        return self._typed(*arguments, "--runs", self.folder / "runs", "--json")

    def run(self, *options: str) -> Done:
        return self.command("run", str(self.folder / "list.csv"), "--base-url", self.url, *options)

    def rows(self) -> pl.DataFrame:
        return pl.read_parquet(max((self.folder / "runs").glob("*/rows.parquet")))

    def asked(self, method: str) -> int:
        return sum(request.method == method for request in self.store.requests())


def books(done: Done) -> dict[str, Any]:
    """The summary that ``--json`` printed; its books balance."""
    summary: dict[str, Any] = json.loads(done.out)
    assert summary["balanced"]
    assert "Traceback" not in done.err
    return summary
