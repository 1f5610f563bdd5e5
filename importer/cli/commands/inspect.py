"""``importer inspect``: look at files."""

from typing import Any

from importer.cli.options import Files, Json, Profile, takes


@takes("region", "map", "sheet", "suppress", "batch_size", "runs")
def inspect(files: Files, *, profile: Profile = None, flags: dict[str, Any], json: Json = False) -> None:
    """Show how files are understood and what an import would do. Sends nothing, writes nothing."""
    from importer.cli.inspect import inspect_files

    inspect_files(files, flags, profile, as_json=json)
