"""``contacts``: the API's own endpoints as commands. What they need is imported when they run."""

from typing import Annotated, Any

import typer

from importer.cli.options import Yes, takes
from importer.errors import UsageError

group = typer.Typer(
    help="Look at single contacts of the account, create, change or delete them.",
    no_args_is_help=True,
    add_completion=False,
)

_OF_ACCOUNT = takes("base_url", "target", "runs")
Region = Annotated[str | None, typer.Option(metavar="CC", help="Country of a number written without one.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document a contact, and nothing else on stdout.")]
Which = Annotated[str, typer.Argument(metavar="ID|PHONE", help="The contact's id, or its number with a + before it.")]
FirstName = Annotated[str | None, typer.Option(metavar="NAME")]
LastName = Annotated[str | None, typer.Option(metavar="NAME")]
Email = Annotated[str | None, typer.Option(metavar="ADDRESS")]
Metadata = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help="Repeat it for more; on update, replaces what was there.")
]


@group.command(name="list")
@_OF_ACCOUNT
def list_contacts(
    *,
    limit: Annotated[int, typer.Option(metavar="N", min=0, help="At most so many; 0 for all.")] = 50,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """List the account's contacts in the API's order."""
    from importer.cli import contacts as contacting

    contacting.show_list(contacting.opened(flags), limit, as_json=json)


@group.command()
@_OF_ACCOUNT
def get(which: Which, *, flags: dict[str, Any], json: Json = False) -> None:
    """Show one contact. The API has no request for one, so its list is read until the contact comes."""
    from importer.cli import contacts as contacting

    contacting.show_one(contacting.opened(flags), which, as_json=json)


@group.command()
@_OF_ACCOUNT
def create(  # noqa: PLR0913 - one parameter an option
    phone: Annotated[str, typer.Argument(metavar="PHONE", help="In any spelling, as in a list.")],
    *,
    first_name: FirstName = None,
    last_name: LastName = None,
    email: Email = None,
    metadata: Metadata = None,
    region: Region = None,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Create one contact. For more than a few, import a list: importer run."""
    from importer.cli import contacts as contacting

    fields = _fields(first_name, last_name, email, metadata)
    contacting.create(contacting.opened(flags), phone, region, fields, as_json=json)


@group.command()
@_OF_ACCOUNT
def update(  # noqa: PLR0913 - one parameter an option
    which: Which,
    *,
    phone: Annotated[str | None, typer.Option(metavar="PHONE", help="Its new number.")] = None,
    first_name: FirstName = None,
    last_name: LastName = None,
    email: Email = None,
    metadata: Metadata = None,
    region: Region = None,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Change what is given of one contact; all else stays."""
    from importer.cli import contacts as contacting

    fields = _fields(first_name, last_name, email, metadata)
    contacting.update(contacting.opened(flags), which, phone, region, fields, as_json=json)


@group.command()
@_OF_ACCOUNT
def delete(
    which: Which,
    *,
    yes: Yes = False,
    flags: dict[str, Any],
    json: Json = False,
) -> None:
    """Delete one contact. Asks before."""
    from importer.cli import contacts as contacting

    contacting.delete(contacting.opened(flags), which, is_sure=yes, as_json=json)


def _fields(
    first_name: str | None, last_name: str | None, email: str | None, metadata: list[str] | None
) -> dict[str, str | dict[str, str]]:
    """Return the fields that were given, under the client's names."""
    given: dict[str, str | dict[str, str] | None] = {
        "first_name": first_name,
        "last_name": last_name,
        "email": email,
        "metadata": None if metadata is None else dict(_pair(text) for text in metadata),
    }
    return {name: value for name, value in given.items() if value is not None}


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise UsageError("Write --metadata as KEY=VALUE, such as --metadata plan=premium.")
    return key, value
