"""The environment of the HTML templates: what comes from files or an API is text in it, never markup."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket

_CONTROLS = {
    code: "\N{REPLACEMENT CHARACTER}"
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        0x61C,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    )
    if chr(code) not in "\t\n"
}


def environment(folder: Path) -> jinja2.Environment:
    """Return the environment of the templates in a folder of the package."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        bytecode_cache=Compiled(str(folder / "__pycache__")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,  # a misspelt figure must fail, not be an empty cell
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["count"] = lambda number: f"{number:,}"
    return made


class Compiled(jinja2.FileSystemBytecodeCache):
    """A cache of the compiled templates in ``__pycache__``; none if that cannot be written."""

    def get_source_checksum(self, source: str) -> str:
        """Return a checksum of the template and of this module, which says how it is compiled."""
        return super().get_source_checksum(source + Path(__file__).read_text("utf-8"))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the compiled template; do nothing if that fails."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def visible(value: Any) -> Any:
    """Return text without control characters that HTML forbids or that turn the reading direction."""
    return value.translate(_CONTROLS) if type(value) is str else value
