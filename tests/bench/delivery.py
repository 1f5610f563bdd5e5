"""Delivery beside what the server can take: ``python -m tests.bench.delivery``.

The server answers after 100 ms, four requests travel at once. What it can take is measured with bodies that are ready
and clients that keep no books; delivery loads and encodes its batches and commits an intent and an outcome for each.
Both in turn, several times; the ratio of the best is the figure: for batches of 1,000, and of 10,000 as imports send
them, where a server on this very machine takes a part of it to read 1.4 MB.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from urllib.request import Request, urlopen

import polars as pl
from pydantic import SecretStr

from importer.delivery import Delivery, Ledger
from importer.models.watching import Silence
from importer.settings.settings import load_settings
from importer.targets import open_target

ROOT = Path(__file__).parents[2]
LATENCY_S = 0.1
IN_FLIGHT = 4


def main(repeat: int = 3) -> None:
    """Measure and print."""
    measure(120, 1_000, repeat)
    measure(120, 10_000, repeat)


def measure(batches: int, rows: int, repeat: int) -> None:
    """The figures for batches of a size."""
    frames = [contacts(number, rows) for number in range(batches)]
    bare, ours, one = [], [], []
    with tempfile.TemporaryDirectory() as folder, latent_server(LATENCY_S) as url:
        for number in range(repeat):
            bare.append(batches / seconds_bare(url, frames))
            ours.append(batches / seconds_of_delivery(url, frames, Path(folder) / f"{number}.sqlite", IN_FLIGHT))
            few = frames[: batches // 4]
            one.append(len(few) / seconds_of_delivery(url, few, Path(folder) / f"one{number}.sqlite", 1))
    print(f"delivery of {batches} batches of {rows:,}, {LATENCY_S * 1000:.0f} ms latency, {IN_FLIGHT} in flight")
    print(f"  what the server can take   {max(bare):6.1f} requests/s   ({IN_FLIGHT / LATENCY_S:.0f} by its latency)")
    print(f"  delivery                   {max(ours):6.1f} requests/s   {max(ours) / max(bare):.0%}")
    print(f"  delivery, 1 in flight      {max(one):6.1f} requests/s   {max(one) * LATENCY_S:.0%} of 1 / latency")


def contacts(number: int, rows: int) -> pl.DataFrame:
    """A batch."""
    phones = [f"+1{2025550000 + number * rows + n}" for n in range(rows)]
    names = pl.Series([f"Name {n}" for n in range(rows)])
    return pl.DataFrame({"phone": phones}).with_columns(
        first_name=names, last_name=names, email=names + "@example.com", metadata=pl.lit('{"city":"Springfield"}')
    )


def seconds_bare(url: str, frames: list[pl.DataFrame]) -> float:
    """Seconds for the same bodies, ready before, without any books."""
    with open_target(load_settings({"base_url": url}), SecretStr("agl_sk_bench_fictional")) as target:
        bodies = [target.encode(frame) for frame in frames]

    def post(body: bytes) -> None:
        with urlopen(Request(f"{url}/api/v1/contacts/bulk", body)) as answer:  # noqa: S310 - a loopback address
            answer.read()

    start = perf_counter()
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(post, bodies))
    return perf_counter() - start


def seconds_of_delivery(url: str, frames: list[pl.DataFrame], ledger_path: Path, in_flight: int) -> float:
    """Seconds from the first batch offered to the last outcome committed."""
    settings = load_settings({"base_url": url, "in_flight": in_flight, "requests_per_hour": 10**6})
    with (
        Ledger.open(ledger_path) as ledger,
        open_target(settings, SecretStr("agl_sk_bench_fictional")) as target,
    ):
        account = ledger.account(url, "bench")
        ledger.begin_run("bench", account)
        delivery = Delivery(
            ledger=ledger,
            run_id="bench",
            account_id=account,
            target=target,
            settings=settings,
            load=lambda number: frames[number - 1],
            watch=Silence(),
        )
        start = perf_counter()
        delivery.start()
        for number, frame in enumerate(frames, 1):
            delivery.offer(number, frame.height)
        delivery.close()
        end = delivery.wait()
        assert end.reason is None, end
        return perf_counter() - start


@contextmanager
def latent_server(latency_s: float) -> Iterator[str]:
    """The address of a running counting server that takes its time."""
    command = [sys.executable, "-m", "tests.bench.counting_server", str(latency_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


if __name__ == "__main__":
    main()
