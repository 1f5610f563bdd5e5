"""Workbooks: xlsx, xlsm, xls, xlsb, ods (flat ones, too), SYLK, web pages and XML of Excel 2003.

In reading order: ``reader`` starts ``child``, the only module that opens a workbook, in a process with limits, because
a crafted file can crash an interpreter. There ``container`` identifies the file and refuses bombs, and ``books`` has
the list of formats. ``pages`` and a ``result`` go back to the reader.

``xlsx`` is read from its markup, many cells at once: ``pieces`` of whole rows are split into cells (``sheet_xml``,
``plain_xml``; ``rewriting`` makes unusual markup plain), and values become what a person sees (``texts``, ``numbers``).
``ods`` does the same (``ods_rows``, ``ods_markup``, ``ods_kinds``), with an XML parser (``ods_events``) for few rows,
and for those that cannot be split. ``web`` (and ``mhtml``), ``xml2003`` and ``sylk`` collect cells in a ``grid``. A
library parses xls and xlsb (``parsed``); ``cells`` turns its values into text, with the facts that it omits (``marks``,
from ``xls`` and ``xlsb``). ``number_formats`` knows dates and the masks of phone numbers, ``merges`` merged cells.
``faults`` explains why a workbook cannot be read.

To add a format, see ``books``. Modules are imported only when needed: a bomb is refused, and a large sheet is being
unpacked, while the rest still loads.
"""
