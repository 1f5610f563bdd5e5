"""What a small import takes where its account was sent many numbers before, beside one whose account is new."""

import json
import os
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import polars as pl
from pydantic import SecretStr

from importer.delivery import Ledger
from importer.delivery.pieces import Piece
from importer.models.outcomes import Reason
from importer.sandbox.embedded import EmbeddedSandbox
from importer.settings.key import fingerprint

KEY = "agl_sk_fictional_known"
BATCH = 10_000
ROWS = 5
BUDGET_MB, BUDGET_S = 100, 0.3


def remember(path: Path, url: str, count: int) -> None:
    """Book ``count`` numbers as imported, by runs of a million each."""
    with Ledger.open(path) as ledger:
        account = ledger.account(url, fingerprint(SecretStr(KEY)))
        drawn = np.random.default_rng(7).choice(9_000_000_000, count, replace=False) + 12_000_000_000
        for number, start in enumerate(range(0, count, BATCH)):
            run_id, batch = f"20260101-00000{number // 100}-000", number % 100 + 1
            if batch == 1:
                ledger.begin_run(run_id, account)
            phones = pl.Series("phone", drawn[start : start + BATCH]).cast(pl.String)
            piece = Piece(batch, range(phones.len()))
            ledger.part(run_id, piece, [piece.settled(Reason.CONFIRMED)], "+" + phones)


def import_few(url: str, folder: Path, name: str) -> tuple[float, float]:
    """Import a list of five rows in a process of its own; its seconds and the peak of its memory, MB."""
    path = folder / f"{name}.csv"
    lines = [f"Person{n},+1202555{n:04}" for n in range(100, 100 + ROWS)]
    path.write_text("\n".join(["Name,Phone", *lines, ""]), "utf-8")
    command = [
        sys.executable,
        "-m",
        "importer",
        "run",
        str(path),
        "--base-url",
        url,
        "--runs",
        str(folder / name),
        "--json",
    ]
    began = perf_counter()
    reader, writer = os.pipe()
    pid = os.posix_spawn(
        sys.executable,
        command,
        os.environ | {"VOXPRIA_API_KEY": KEY},
        file_actions=[(os.POSIX_SPAWN_DUP2, writer, 1), (os.POSIX_SPAWN_CLOSE, reader)],
    )
    os.close(writer)
    with os.fdopen(reader, "rb") as out:
        summary = json.loads(out.read())
    _, _, used = os.wait4(pid, 0)
    assert (summary["rows"], summary["balanced"]) == (ROWS, True), summary["stopped_because"]
    return perf_counter() - began, used.ru_maxrss / 1024


def known(count: int = 5_000_000, repeat: int = 3) -> str:
    """Compare; what to print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with EmbeddedSandbox(folder / "sandbox.sqlite", key=KEY) as sandbox:
            (folder / "full").mkdir()
            remember(folder / "full" / "ledger.sqlite", sandbox.url, count)
            size = (folder / "full" / "ledger.sqlite").stat().st_size / 1e6
            few = [import_few(sandbox.url, folder, f"few{n}") for n in range(repeat)]
            many = [import_few(sandbox.url, folder, "full") for _ in range(repeat)]
    seconds = min(s for s, _ in many) - min(s for s, _ in few)
    memory = min(m for _, m in many) - min(m for _, m in few)
    alone = f"{min(m for _, m in few):.0f} MB and {min(s for s, _ in few):.2f} s"
    return (
        f"{count:,} numbers in the ledger ({size:,.0f} MB): a run of {ROWS} rows takes {memory:+.0f} MB "
        f"(allowed {BUDGET_MB}) and {seconds:+.2f} s (allowed {BUDGET_S}); without them {alone}"
    )


if __name__ == "__main__":
    print(known(*map(int, sys.argv[1:])))
