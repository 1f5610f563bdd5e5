"""Delimited text: CSV, TSV and their many relatives, read as a careful person would.

In reading order: ``reader`` drives it all. ``expanses`` refuses texts that are no lists. ``layout`` finds the header
and the first and last row, with the help of ``dialect`` (quotes, escapes) and ``delimiter``. ``blocks`` parses a block
at a time: polars parses the sound records (``soundness``), and ``careful`` the doubtful ones, one by one. ``misfits``
and ``shifts`` then check single rows.
"""

from importer.readers.delimited.reader import Delimited

__all__ = ["Delimited"]
