"""``--target my-api.toml``: another API in a closed vocabulary. Names and numbers only: no code, no patterns.

A *path* is a name, or names joined by dots, that leads into an answer: ``result.created`` is ``created`` in ``result``.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from importer.errors import UsageError
from importer.system.opening import read_named

_LARGEST_FILE_BYTES = 64 * 1024

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")]
AnswerPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*){0,7}$")]
UrlPath = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9._~-]+)+$")]
UrlPathOfOne = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9._~-]+)*/\{id\}(/[A-Za-z0-9._~-]+)*$")]
Header = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")]
KeyVariable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,50}_API_KEY$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # most runs have no description


class Auth(_Section):
    """The key's header, ``header: scheme key``; ``key_variable`` is the environment variable that holds the key."""

    key_variable: KeyVariable
    header: Header = "Authorization"
    scheme: Annotated[str, StringConstraints(pattern=r"^[A-Za-z-]{0,20}$")] = "Bearer"


class Limits(_Section):
    """The API's limits: contacts and bytes in a bulk request, and requests in a window of seconds."""

    contacts_per_batch: int = Field(default=10_000, ge=1, le=10_000)
    body_bytes: int | None = Field(default=None, ge=1_000)
    requests: int = Field(default=900, ge=1, le=1_000_000)
    window_s: float = Field(default=3600, ge=1, le=86_400)


class Paths(_Section):
    """The addresses of the five operations, after the base URL; ``one`` is a contact's, with ``{id}`` in it."""

    bulk: UrlPath
    list: UrlPath
    create: UrlPath
    one: UrlPathOfOne
    update_method: Literal["PUT", "PATCH"] = "PUT"


class Fields(_Section):
    """The API's names for a contact's fields; one that is left out is neither sent nor read."""

    phone: Name
    first_name: Name | None = None
    last_name: Name | None = None
    email: Name | None = None
    metadata: Name | None = None
    id: Name
    created_at: Name | None = None
    updated_at: Name | None = None

    def sent(self) -> dict[str, str]:
        """Return our name and the API's of each field that is sent."""
        ours = ("phone", "first_name", "last_name", "email", "metadata")
        return {name: wire for name in ours if (wire := getattr(self, name)) is not None}


class Bulk(_Section):
    """A bulk request and its answer.

    Attributes:
        envelope: the name of the list of contacts in the request; None for a bare list.
        imported, skipped, errors: paths of the counts, and of the list (or map, or count) of errors.
        index, phone, code, message: paths in an entry of ``errors`` of the contact's index, its number, and the error's
            code and words.
        index_base: the index of the first contact; decided by evidence if None.
    """

    envelope: Name | None = None
    imported: AnswerPath
    skipped: AnswerPath | None = None
    errors: AnswerPath | None = None
    index: AnswerPath | None = None
    index_base: Literal[0, 1] | None = None
    phone: AnswerPath | None = None
    code: AnswerPath | None = None
    message: AnswerPath | None = None


class Pages(_Section):
    """The list of contacts: its path in the answer (None: the answer is the list), and the parameters of a page."""

    items: AnswerPath | None = None
    total: AnswerPath | None = None
    page: Name = "page"
    first_page: Literal[0, 1] = 1
    limit: Name = "limit"
    page_size: int = Field(default=1000, ge=1, le=10_000)


class Answers(_Section):
    """Paths that all answers share: whether the request was carried out, an error's words, and a single contact."""

    success: AnswerPath | None = None
    message: AnswerPath | None = None
    contact: AnswerPath | None = None


class Description(_Section):
    """An API, described."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    base_url: str
    auth: Auth
    paths: Paths
    fields: Fields
    bulk: Bulk
    limits: Limits = Limits()
    pages: Pages = Pages()
    answers: Answers = Answers()

    @model_validator(mode="after")
    def _names_differ(self) -> "Description":
        given = [name for name in self.fields.model_dump().values() if name is not None]
        if len(set(given)) != len(given):
            raise ValueError("gives two fields the same name")
        return self

    def defaults(self) -> dict[str, Any]:
        """Return the settings that the description implies if the user gives no other."""
        per_hour = max(1, int(self.limits.requests * 3600 / self.limits.window_s))
        return {
            "base_url": self.base_url,
            "batch_size": self.limits.contacts_per_batch,
            "requests_per_hour": per_hour,
        }


def read_description(path: Path) -> Description:
    """Read the description in a TOML file.

    Raises:
        UsageError: naming the line and the key that is unknown, missing or wrong.
    """
    try:
        text = read_named(path, _LARGEST_FILE_BYTES + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"--target {path} cannot be read. Give it the path of a TOML file.") from None
    if len(text) > _LARGEST_FILE_BYTES:
        raise UsageError(f"--target {path} is too large to be a description of an API.")
    try:
        return Description.model_validate(tomllib.loads(text), strict=False)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"--target {path} is not valid TOML: {error}.") from None
    except RecursionError:
        raise UsageError(f"--target {path} is nested too deeply.") from None
    except ValidationError as error:
        flaws = "; ".join(_flaw(flaw, text) for flaw in error.errors()[:5])
        raise UsageError(f"--target {path}: {flaws}.") from None


def _flaw(flaw: Any, text: str) -> str:
    """Say what is wrong, with its line and what would be right."""
    keys = [str(key) for key in flaw["loc"]]
    name = ".".join(keys) or "it"
    number = _line_of(keys, text)
    where = f"line {number}: " if number else ""
    if flaw["type"] == "extra_forbidden":
        return f"{where}there is no {name}; {_known(keys[:-1])}"
    if flaw["type"] == "missing":
        return f"{where}{name} is missing"
    if flaw["type"] == "string_pattern_mismatch":
        return f"{where}{name} is not written as it must be, such as {_EXAMPLES.get(keys[-1], 'a name')}"
    return f"{where}{name}: {str(flaw['msg']).removeprefix('Value error, ')}"


_EXAMPLES = {
    "key_variable": "ACME_API_KEY",
    "header": "X-Api-Key",
    "bulk": "/v2/people/import",
    "one": "/v2/people/{id}",
    "list": "/v2/people",
    "create": "/v2/people",
    "imported": "result.created",
}


def _known(keys: list[str]) -> str:
    section: Any = Description
    for key in keys:
        section = section.model_fields[key].annotation
    there = ", ".join(section.model_fields)
    return f"[{'.'.join(keys)}] knows {there}" if keys else f"a description knows {there}"


def _line_of(keys: list[str], text: str) -> int | None:
    """Return the line where a key is set, or its section begins; None if neither is there.

    TOML's own parser gives no line numbers.
    """
    section, found = "", None
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            section = match[1]
            if section == ".".join(keys[:-1] or keys):
                found = number
        elif (match := re.match(r"\s*\"?([\w-]+)\"?\s*=", line)) and [
            *filter(None, section.split(".")),
            match[1],
        ] == keys:
            return number
    return found
