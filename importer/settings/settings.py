"""Every option of an import: its name, unit, default and environment name.

Precedence: command-line flag, environment (``IMPORTER_<NAME>``), profile (a TOML file with the same names), then for
commands ``importer.toml`` beside the list and in the user's folder (``found_files``), default.
The API key comes from ``VOXPRIA_API_KEY``, or from the file named in ``VOXPRIA_API_KEY_FILE``, and from nowhere else.
"""

import json
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    field_validator,
    model_validator,
)

from importer.errors import UsageError
from importer.settings.gates import Gates
from importer.settings.key import KEY_VARIABLE
from importer.settings.phones_path import is_plain
from importer.settings.profile import read_profile
from importer.settings.proxy import checked_proxy
from importer.settings.target_description import Description, read_description
from importer.settings.wishes import text

OFFICE_PASSWORD_VARIABLE = "IMPORTER_OFFICE_PASSWORD"  # noqa: S105 - a name; no field: a run records its settings
DEFAULT_BASE_URL = "https://app.voxpria.com"
Keep = Literal["first", "last", "most-complete", "merge"]
FailOn = Literal["never", "errored", "unconfirmed"]
FIELDS = ("phone", "first_name", "last_name", "full_name", "email", "country", "consent")
SEVERAL = ("phone", "consent")
"""Fields that may be filled from several columns."""


def _at_home(value: object) -> object:
    """Return a path with ``~`` expanded; a shell does that only where it sees it."""
    try:
        return Path(value).expanduser() if isinstance(value, str | Path) else value
    except RuntimeError:
        raise ValueError("names the home of somebody whom this machine does not know") from None


UserPath = Annotated[Path, BeforeValidator(_at_home), PlainSerializer(str, return_type=Any, when_used="json")]
"""A path as a person wrote it. If its bytes are no UTF-8, its text has surrogates, and JSON their escapes."""


def shown_name(name: str) -> str:
    r"""Return a name from the system for display and storage; bytes that are no UTF-8 become ``\xe9`` and the like."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def runs_option(runs: Path) -> str:
    """Return the option that names the folder of runs in a command to type; empty if it is the default."""
    return "" if runs == Settings.model_fields["runs"].default else f" --runs {shlex.quote(str(runs))}"


_OBJECTS = ("map", "gates")
"""Settings of several values, which a variable of the environment holds as JSON."""
LEAST_MEMORY_MB = 512
"""The least ``--max-memory``: no import can be promised to stay below less."""


class Settings(BaseModel):
    """The settings of an import; immutable, and an unknown name is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str | None = Field(None, description=text("region"))
    map: dict[str, tuple[str, ...]] = Field({}, description=text("map"))
    sheet: str | None = Field(None, description=text("sheet"))
    suppress: tuple[UserPath, ...] = Field((), description=text("suppress"))
    suppress_max_age_days: float | None = Field(None, gt=0, description=text("suppress_max_age_days"))
    attestation: str | None = Field(None, min_length=1, max_length=2_000, description=text("attestation"))
    suppress_max_shrink: float | None = Field(None, ge=0, le=1, description=text("suppress_max_shrink"))
    keep: Keep = Field("first", description=text("keep"))
    skip_unreadable: bool = Field(False, description=text("skip_unreadable"))
    on_existing: Literal["skip", "update"] = Field("skip", description=text("on_existing"))
    batch_size: int = Field(10_000, ge=1, le=10_000, description=text("batch_size"))
    exact: bool = Field(False, description=text("exact"))
    target: Description | None = Field(None, description=text("target"))
    base_url: str = Field(DEFAULT_BASE_URL, description=text("base_url"))
    account: str | None = Field(None, min_length=1, description=text("account"))
    ca_file: UserPath | None = Field(None, description=text("ca_file"))
    client_cert: UserPath | None = Field(None, description=text("client_cert"))
    proxy: Annotated[str, AfterValidator(checked_proxy)] | None = Field(None, description=text("proxy"))
    private_network: bool = Field(False, description=text("private_network"))
    sandbox: bool = Field(False, description=text("sandbox"))
    dry_run: bool = Field(False, description=text("dry_run"))
    needs_approval: bool = Field(False, description=text("needs_approval"))
    approvers: int = Field(1, ge=1, le=2, description=text("approvers"))
    verify: Literal["auto", "never", "always"] = Field("auto", description=text("verify"))
    verify_requests: int = Field(300, ge=0, description=text("verify_requests"))
    snapshot: bool = Field(False, description=text("snapshot"))
    quiet_time: float | None = Field(None, ge=0, description=text("quiet_time"))
    in_flight: int = Field(1, ge=1, le=8, description=text("in_flight"))
    deadline: float = Field(120, gt=0, description=text("deadline"))
    requests_per_hour: int = Field(900, ge=1, description=text("requests_per_hour"))
    max_wait: float = Field(3660, ge=0, description=text("max_wait"))
    max_error_rate: float | None = Field(None, ge=0, le=1, description=text("max_error_rate"))
    gates: Gates = Field(Gates(), description=text("gates"))
    job: str | None = Field(None, pattern=r"^\w[\w.-]{0,63}$", description=text("job"))
    fail_on: FailOn = Field("errored", description=text("fail_on"))
    runs: UserPath = Field(Path("runs"), description=text("runs"))
    full_workbooks: bool = Field(False, description=text("full_workbooks"))
    max_memory: int | None = Field(None, ge=LEAST_MEMORY_MB, description=text("max_memory"))
    workers: int | None = Field(None, ge=1, le=64, description=text("workers"))
    engine: Literal["auto", "spark"] = Field("auto", description=text("engine"))
    spark: str | None = Field(None, min_length=1, description=text("spark"))
    chunk_rows: int = Field(50_000, ge=1, description=text("chunk_rows"))

    @property
    def burst(self) -> tuple[int, float] | None:
        """Return requests allowed in so many seconds, beside the hour's pace; None if no such limit is known."""
        return None if self.target is None else (self.target.limits.requests, self.target.limits.window_s)

    @property
    def contacts_per_request(self) -> int:
        """Return how many contacts travel in one request: one with ``exact``, whose counts then settle each row."""
        return 1 if self.exact else self.batch_size

    @property
    def key_variable(self) -> str:
        """Return the environment variable of the API's key; another API never gets the key of this one."""
        return KEY_VARIABLE if self.target is None else self.target.auth.key_variable

    @property
    def api(self) -> str:
        """Return the name under which ``importer.targets`` has the API."""
        return "voxpria" if self.target is None else "described"

    @property
    def quiet_time_s(self) -> float:
        """Return the seconds after a lost answer before anything is believed about its batch.

        By default twice the deadline. A second is enough for the embedded sandbox, which ends with its run: nothing can
        arrive late.
        """
        if self.quiet_time is not None:
            return self.quiet_time
        return 1.0 if self.sandbox else 2 * self.deadline

    @model_validator(mode="before")
    @classmethod
    def _as_the_target_says(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read the description that ``target`` names; its limits and address become the defaults of other settings."""
        given = values.get("target")
        if given is None:
            return values
        described = (
            read_description(Path(given).expanduser())
            if isinstance(given, str | Path)
            else Description.model_validate(given)
        )
        # In this order: what the user gave beats the description.
        return described.defaults() | values | {"target": described}

    @model_validator(mode="before")
    @classmethod
    def _waits_for_its_approvers(cls, values: dict[str, Any]) -> dict[str, Any]:
        return values if str(values.get("approvers", 1)) == "1" else {"needs_approval": True} | values

    @model_validator(mode="after")
    def _is_approved_by_somebody(self) -> Self:
        if self.approvers > 1 and not self.needs_approval:
            raise ValueError(f"approvers is {self.approvers}, and needs_approval is false; leave one of them out")
        return self

    @model_validator(mode="after")
    def _fits_the_target(self) -> Self:
        if self.target is not None and self.sandbox:
            raise ValueError("--sandbox speaks VoxPria's API only; leave --target or --sandbox out")
        if self.target is not None and self.batch_size > self.target.limits.contacts_per_batch:
            most = self.target.limits.contacts_per_batch
            raise ValueError(f"--batch-size is {self.batch_size:,}, and {self.target.name} takes {most:,} contacts")
        return self

    @field_validator("region")
    @classmethod
    def _region_is_a_code(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z]{2}", value):
            raise ValueError("is not a two-letter country code such as US, GB or DE")
        return value.upper() if value else None

    @field_validator("suppress", mode="before")
    @classmethod
    def _one_list_or_several(cls, value: Any) -> Any:
        return () if value is None else (value,) if isinstance(value, str | Path) else value

    @field_validator("suppress")
    @classmethod
    def _lists_are_found_from_anywhere(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        """Make paths absolute: a run is resumed from other folders, too.

        Links are not resolved: if one points to a newer list later, that list counts.
        """
        return tuple(dict.fromkeys(path.absolute() for path in value))

    @field_validator("runs")
    @classmethod
    def _runs_can_be_read_by_all(cls, value: Path) -> Path:
        if shown_name(str(value)) != str(value):
            raise ValueError("has a name that is not UTF-8, under which tables cannot be kept; name another folder")
        return value

    @field_validator("map", mode="before")
    @classmethod
    def _one_column_or_several(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {f: ((c,) if c else ()) if isinstance(c, str) else c for f, c in value.items()}

    @field_validator("map")
    @classmethod
    def _map_names_fields(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for field, columns in value.items():
            if field not in FIELDS:
                raise ValueError(f"knows the fields {', '.join(FIELDS)}, not {field}")
            if len(columns) > 1 and field not in SEVERAL:
                raise ValueError(f"takes one column for {field}; only {' and '.join(SEVERAL)} may have several")
            if not columns and field == "phone":
                raise ValueError("cannot leave out the phone: without it there is nothing to import")
        return value


def load_settings(
    flags: dict[str, Any], profile: Path | None = None, below: Mapping[str, Any] = MappingProxyType({})
) -> Settings:
    """Load settings from flags (only those given), environment, profile, what stands ``below`` it, and defaults.

    Raises:
        UsageError: naming the option and the profile or variable that is wrong.
    """
    is_plain()  # no setting, but a wrong value must end a command before it does anything
    if profile is not None and not os.path.isfile(profile):  # noqa: PTH113 - no error where nobody may look
        raise UsageError(f"There is no profile {profile} to be read. Give --profile the path of a TOML file.")

    values: dict[str, Any] = {} if profile is None else read_profile(profile)
    if profile is not None and "source" in values:  # the file of a job
        from importer.settings.job import profile_of  # noqa: PLC0415 - eight models more, which no other start needs

        values = profile_of(values, profile.absolute().parent)
    return settings_of(flags, {**below, **values}, profile)


def settings_of(flags: dict[str, Any], values: dict[str, Any], profile: Path | None) -> Settings:
    """Return the settings of flags, environment and the ``values`` that ``profile`` gives.

    Raises:
        UsageError: as ``load_settings``.
    """
    try:
        return Settings.model_validate(_merged(_merged(values, _environment()), flags))
    except ValidationError as error:
        raise UsageError("; ".join(_problem(flaw, flags, profile) for flaw in error.errors())) from None


def _environment() -> dict[str, Any]:
    """Return the settings that ``IMPORTER_<NAME>`` variables give, in capitals or not.

    Raises:
        UsageError: one that holds several values is not the JSON of an object.
    """
    variables = {name.lower(): value for name, value in os.environ.items()}
    given = {name: value for name in Settings.model_fields if (value := variables.get(f"importer_{name}")) is not None}
    return given | {name: _object(name, given[name]) for name in _OBJECTS if name in given}


def _object(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        variable = f"IMPORTER_{name.upper()}"
        raise UsageError(f"The environment variable {variable} cannot be read: write it as a JSON object.") from None


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings where those ``above`` beat those ``below``; of a mapping in both, key by key."""
    merged = {**below, **above}
    for name in below.keys() & above.keys():
        if isinstance(below[name], Mapping) and isinstance(above[name], Mapping):
            merged[name] = _merged(below[name], above[name])
    return merged


def _problem(flaw: Any, flags: dict[str, Any], profile: Path | None) -> str:
    name = str(flaw["loc"][0]) if flaw["loc"] else "settings"
    where = f"--{name.replace('_', '-')}" if name in flags else f"{name} (environment or {profile or 'profile'})"
    if flaw["type"] == "extra_forbidden":
        return f"{where} is not a setting. Settings are: {', '.join(Settings.model_fields)}."
    return f"{where}: {str(flaw['msg']).removeprefix('Value error, ')}."
