"""The settings as keyword arguments of Python calls; ``importer docs python`` shows them in use.

Written out, because a type checker cannot read them from ``Settings``; a contract test holds both equal. No pydantic is
imported, so that ``import importer`` stays immediate.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

StrPath = str | os.PathLike[str]
Columns = Mapping[str, str | Sequence[str]]
"""For each field its column, or several in the order in which they are tried; an empty text leaves the field out."""


class Options(TypedDict, total=False):
    """Every setting that has no argument of its own; what each does stands in ``importer run --help``.

    What is not given, or None, comes from the environment (``IMPORTER_<NAME>``), the profile, or the default.
    """

    sheet: str | None
    suppress: StrPath | Sequence[StrPath]
    suppress_max_age_days: float | None
    suppress_max_shrink: float | None
    attestation: str | None
    keep: Literal["first", "last", "most-complete", "merge"]
    skip_unreadable: bool
    on_existing: Literal["skip", "update"]
    batch_size: int
    exact: bool
    base_url: str | None
    account: str | None
    ca_file: StrPath | None
    client_cert: StrPath | None
    proxy: str | None
    private_network: bool
    sandbox: bool
    dry_run: bool
    needs_approval: bool
    approvers: int
    verify: Literal["auto", "never", "always"]
    verify_requests: int
    snapshot: bool
    quiet_time: float | None
    in_flight: int
    deadline: float
    requests_per_hour: int
    max_wait: float
    max_error_rate: float | None
    gates: Mapping[str, float | bool]
    job: str | None
    fail_on: Literal["never", "errored", "unconfirmed"]
    full_workbooks: bool
    max_memory: int | None
    workers: int | None
    engine: Literal["auto", "spark"]
    spark: str | None
    chunk_rows: int
