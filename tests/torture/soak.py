"""``python -m tests.torture.soak``: ten million contacts through one delivery, its memory and its open files.

Sockets and ledger are real; the server parses and counts. Memory and open files are noted after every 50 batches.
Memory after the first fifth, the warm-up, is compared with that of the last fifth, each at its highest.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from importer.delivery import Delivery, Ledger
from importer.models.watching import Silence
from importer.settings.settings import load_settings
from importer.targets import open_target
from tests.bench.delivery import contacts, latent_server

_EVERY = 50
_PARTS = 5
_MOST_GROWTH = 0.05


@dataclass
class Gauge(Silence):
    """Notes the process's memory (MB) and open files after every so many batches."""

    batches: int = 0
    memory: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def settled(self, batch: int, rows: int, state: str) -> None:
        """One more batch has its end."""
        assert state == "settled", f"batch {batch}: {state}"
        assert rows
        self.batches += 1
        if self.batches % _EVERY == 0:
            pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
            self.memory.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
            self.files.append(len(os.listdir("/proc/self/fd")))  # noqa: PTH208 - what pathlib opens would count


def soak(batches: int, rows: int, in_flight: int) -> Gauge:
    """Deliver so many batches of so many contacts, made as they are needed."""
    gauge = Gauge()
    with tempfile.TemporaryDirectory() as folder, latent_server(0) as url:
        settings = load_settings({"base_url": url, "in_flight": in_flight, "requests_per_hour": 10**6})
        key = SecretStr("agl_sk_soak_fictional")
        with Ledger.open(Path(folder) / "ledger.sqlite") as ledger, open_target(settings, key) as target:
            account = ledger.account(url, "soak")
            ledger.begin_run("soak", account)
            delivery = Delivery(
                ledger=ledger,
                run_id="soak",
                account_id=account,
                target=target,
                settings=settings,
                load=lambda number: contacts(number - 1, rows),
                watch=gauge,
            )
            delivery.start()
            for number in range(1, batches + 1):
                delivery.offer(number, rows)
            delivery.close()
            end = delivery.wait()
            assert end.reason is None, end
            assert ledger.batch_results("soak")["imported"].sum() == batches * rows
    return gauge


def report(batches: int = 1000, rows: int = 10_000, in_flight: int = 4) -> str:
    """The figures; raises where memory grows by more than 5 % or files stay open."""
    began = time.perf_counter()
    gauge = soak(batches, rows, in_flight)
    part = max(1, len(gauge.memory) // _PARTS)
    warm, last = max(gauge.memory[part : 2 * part]), max(gauge.memory[-part:])
    files = set(gauge.files[part:])
    growth, total = last / warm - 1, f"{batches * rows:,} contacts in {batches:,} batches"
    told = (
        f"{total}, {time.perf_counter() - began:,.0f} s: memory {warm:.0f} MB after the warm-up, {last:.0f} MB in the "
        f"end ({growth:+.1%}); open files {min(files)} to {max(files)}"
    )
    assert growth <= _MOST_GROWTH, f"{told}; {[round(mb) for mb in gauge.memory]}"
    assert gauge.files[-1] <= max(gauge.files[part : 2 * part]), f"{told}; {gauge.files}"
    return told


def main() -> None:
    """Print the figures; an assertion fails where one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=1000, help="how many (default 1,000)")
    parser.add_argument("--rows", type=int, default=10_000, help="contacts in each (default 10,000)")
    parser.add_argument("--in-flight", type=int, default=4, help="requests at a time (default 4)")
    options = parser.parse_args()
    print(report(options.batches, options.rows, options.in_flight))


if __name__ == "__main__":
    main()
