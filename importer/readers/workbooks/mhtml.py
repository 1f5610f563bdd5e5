"""Web pages with their parts in one file (MHTML, RFC 2557), as Excel and browsers save them."""

from pathlib import Path

from importer.readers.workbooks.web import Web


class Mhtml(Web):
    """The tables of all pages of a file."""

    def _content(self, path: Path) -> bytes:
        from email import message_from_bytes, policy  # noqa: PLC0415 - takes long, and few files are such

        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        pages = [part.get_content() for part in message.walk() if part.get_content_type() == "text/html"]
        return "".join(pages).encode("utf-8")
