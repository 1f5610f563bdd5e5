"""The sandbox's behaviour: a switch for every point that the vendor leaves open, and a schedule of faults.

The defaults are what the vendor's pages document or, where they say nothing, the plainest reading of them.
"""

import dataclasses
import json
import re
import tomllib
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from importer.errors import UsageError
from importer.sandbox.dress import DressName

FaultKind = Literal[
    "429",
    "500",
    "502-html",
    "503",
    "504-after-commit",
    "504-late-commit",
    "reset-before-commit",
    "reset-after-commit",
    "half-committed",
    "truncated-json",
    "401",
    "402",
    "403",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the requests ``first`` to ``last``; numbers start at 1 when the server starts.

    Attributes:
        kind: ``…-before-commit`` and the plain statuses write nothing; ``half-committed`` writes the first half of a
            bulk request's contacts and answers 500; ``truncated-json`` writes all and cuts its answer in half;
            ``504-late-commit`` answers at once and writes ``late_commit_s`` seconds later.
        last: None means every request from ``first`` on.
    """

    first: int
    last: int | None
    kind: FaultKind

    def __str__(self) -> str:
        span = f"{self.first}-{self.last or ''}" if self.last != self.first else str(self.first)
        return f"{span}:{self.kind}"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Every switch; the values of each are spelled out in its type.

    Attributes:
        on_duplicate: what a bulk request does with a phone that the account has: skip it, update the contact, list it
            in ``errors``, or make a second contact.
        on_invalid: what it does with a contact that cannot be stored: skip it, list it in ``errors``, or refuse all.
        skipped_counts: what the answer's ``skipped`` holds: all that was skipped and not listed; duplicates only
            (skipped invalid contacts are counted nowhere); or ``errors-too``, all skipped and all listed.
        error_shape, index_base: the form of an entry of ``errors``; ``file-row`` counts from 2, as a spreadsheet does.
        error_body: the form of a refusal's body.
        bulk_status: of an accepted bulk request; 202 answers with a job's id and no counts, which
            ``/api/v1/contacts/jobs/ID`` has.
        refusal_status: if ``on_invalid`` is ``refuse``; 200 comes with ``success: false``.
        metadata: all is kept, or dropped in silence, or a contact cannot be stored whose
            metadata has other values than texts (``texts-only``) or objects and lists in it (``flat-only``).
        list_shape, list_totals, list_order, id_name, phone_name: the form of the list.
        page_default, page_cap: contacts on a page without a limit in the request, and at most.
        page_limit: whether a request's limit is taken, or ignored so that every page has ``page_default`` contacts,
            or refused if it is over ``page_cap``.
        scopes: what the key may do; the rest gets 403.
        body_cap_bytes: larger bodies get 413; 0 for no cap.
        contacts_cap, contacts_cap_status: contacts in a bulk request, and the status of a refusal of more.
        rate_limit, rate_window_s, rate_header: requests in a window, its length in seconds, and the header about it.
        retry_after_s: seconds that a scheduled 429 or 503 asks a client to wait.
        idempotency: whether a bulk request whose ``Idempotency-Key`` was carried out before gets that answer again
            and writes nothing.
        late_commit_s: seconds after its answer at which a ``504-late-commit`` is written.
        latency_s, latency_row_s: seconds added to each request, and to it for each contact it carries.
        faults: the first that covers a request's number holds.
        seed: of the contacts' ids.
        dress: under which addresses and names all this is found.
    """

    on_duplicate: Literal["skip", "update", "error", "second"] = "skip"
    on_invalid: Literal["skip", "list", "refuse"] = "skip"
    skipped_counts: Literal["unlisted", "duplicates", "errors-too"] = "unlisted"
    error_shape: Literal[
        "index", "row", "position", "phone", "nested", "string", "number", "map", "count", "missing"
    ] = "index"
    index_base: Literal["0", "1", "file-row"] = "0"
    error_body: Literal["object", "string", "message", "map", "html"] = "object"
    bulk_status: Literal[200, 201, 202, 207] = 200
    refusal_status: Literal[200, 400, 422] = 400
    metadata: Literal["kept", "dropped", "texts-only", "flat-only"] = "kept"
    list_shape: Literal["data", "contacts", "items", "results", "bare"] = "data"
    list_totals: Literal["pagination", "meta", "data", "none"] = "pagination"
    list_order: Literal["newest-last", "newest-first"] = "newest-last"
    id_name: Literal["contactId", "id"] = "contactId"
    phone_name: Literal["phone", "phoneNumber"] = "phone"
    page_default: int = 50
    page_cap: int = 1000
    page_limit: Literal["taken", "ignored", "refused"] = "taken"
    scopes: Literal["both", "write", "read"] = "both"
    body_cap_bytes: int = 0
    contacts_cap: int = 10_000
    contacts_cap_status: Literal[400, 413] = 400
    rate_limit: int = 1000
    rate_window_s: int = 3600
    rate_header: Literal["epoch-s", "epoch-ms", "delta", "retry-after", "retry-after-date", "body", "none"] = "epoch-s"
    retry_after_s: int = 1
    idempotency: Literal["ignored", "honoured"] = "ignored"
    late_commit_s: float = 1.0
    latency_s: float = 0.0
    latency_row_s: float = 0.0
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    dress: DressName = "vendor"

    @classmethod
    def parse(cls, options: Iterable[str] = (), scenario: str = "") -> "Behaviour":
        """Read a preset (``documented`` by default), changed by a scenario and then by single options.

        Args:
            options: ``name=value`` each, ``preset=NAME`` among them; faults as ``faults=3:500,5-7:503,10-:401``.
            scenario: TOML, or a JSON object, with the same names.

        Raises:
            UsageError: naming the switch that is unknown or what its values are.
        """
        values = _read_scenario(scenario)
        for option in options:
            name, equals, value = option.partition("=")
            if not equals:
                raise UsageError("A sandbox switch is written name=value, such as on_duplicate=update.")
            values[name.strip().replace("-", "_")] = value.strip()
        preset = values.pop("preset", "documented")
        if preset not in PRESETS:
            raise UsageError(f"There is no sandbox preset of that name. Presets are: {', '.join(PRESETS)}.")
        return dataclasses.replace(PRESETS[preset], **{name: _value(name, value) for name, value in values.items()})

    def fault_at(self, number: int) -> FaultKind | None:
        """Return what goes wrong with the request of this number; None if nothing does."""
        for fault in self.faults:
            if fault.first <= number and (fault.last is None or number <= fault.last):
                return fault.kind
        return None

    def to_json(self) -> str:
        """Return the switches as a scenario that ``parse`` reads."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return json.dumps(values | {"faults": ",".join(map(str, self.faults))})


PRESETS: Mapping[str, Behaviour] = MappingProxyType(
    {
        "documented": Behaviour(),
        "counts-only": Behaviour(error_shape="missing"),
        "strict": Behaviour(on_invalid="refuse", on_duplicate="error", body_cap_bytes=1_000_000, page_cap=50),
        "upsert": Behaviour(on_duplicate="update", on_invalid="list", bulk_status=201),
        "multi-status": Behaviour(
            on_duplicate="error", on_invalid="list", bulk_status=207, skipped_counts="errors-too", index_base="1"
        ),
        "hostile": Behaviour(
            on_duplicate="second",
            on_invalid="list",
            error_shape="string",
            error_body="html",
            list_shape="results",
            list_totals="none",
            list_order="newest-first",
            page_cap=100,
            body_cap_bytes=1_000_000,
            rate_header="delta",
            faults=(
                Fault(2, 2, "429"),
                Fault(3, 3, "504-after-commit"),
                Fault(5, 5, "reset-before-commit"),
                Fault(7, 7, "half-committed"),
                Fault(9, 9, "502-html"),
                Fault(11, 11, "truncated-json"),
                Fault(13, 13, "reset-after-commit"),
                Fault(15, 15, "503"),
                Fault(17, 17, "500"),
            ),
        ),
    }
)

_TYPES = typing.get_type_hints(Behaviour)


def _read_scenario(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except ValueError as error:
        raise UsageError(f"The sandbox scenario is neither TOML nor a JSON object: {error}.") from None
    return dict(values)


def _value(name: str, value: Any) -> Any:
    if name not in _TYPES:
        raise UsageError(f"The sandbox has no switch {name}. Switches are: {', '.join(_TYPES)}.")
    if name == "faults":
        return _faults(value)
    wanted = _TYPES[name]
    if typing.get_origin(wanted) is Literal:
        for choice in typing.get_args(wanted):
            if str(choice) == str(value):
                return choice
        raise UsageError(f"The sandbox switch {name} takes {', '.join(map(str, typing.get_args(wanted)))}.")
    try:
        number = wanted(value)
    except (TypeError, ValueError):
        number = -1
    if not 0 <= number < 10**12 or (name == "page_cap" and number == 0):
        raise UsageError(f"The sandbox switch {name} takes a number that is not negative.")
    return number


def _faults(value: Any) -> tuple[Fault, ...]:
    """Read ``3:500,5-7:503,10-:401``, or a table ``{"5-7" = "503"}``."""
    parts = [f"{span}:{kind}" for span, kind in value.items()] if isinstance(value, dict) else str(value).split(",")
    kinds = typing.get_args(FaultKind)
    faults = []
    for part in filter(None, parts):
        match = re.fullmatch(r"\s*([1-9]\d{0,8})(-(\d{0,9}))?:([\w-]+)\s*", part)
        if match is None or match[4] not in kinds:
            raise UsageError(f"A fault is written NUMBER:KIND or FIRST-LAST:KIND, KIND one of {', '.join(kinds)}.")
        first = int(match[1])
        last = first if match[2] is None else int(match[3]) if match[3] else None
        faults.append(Fault(first, last, typing.cast("FaultKind", match[4])))
    return tuple(faults)
