"""Delimited text: CSV, TSV and their many relatives, read as a careful person would.

``layout`` finds out how the file is built, with ``dialect`` (quotes, escapes) and ``delimiter``. ``blocks`` parses what
is clean by column, and gives what is not to ``careful``, line by line; ``misfits`` and ``shifts`` look at single rows.
"""

from importer.readers.delimited.reader import Delimited

__all__ = ["Delimited"]
