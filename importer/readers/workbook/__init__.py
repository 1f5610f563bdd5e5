"""Workbooks: xlsx, xlsm, xls, xlsb and ods, each filled sheet a table.

``reader`` is what the rest of the product sees. It starts ``child``, the only module that opens a workbook, in a
process with limits, because a crafted file can end an interpreter. There ``container`` tells what the file is and
refuses bombs.

``xlsx`` is read from its markup, many cells at once: ``pieces`` of whole rows become cells (``sheet_xml``, which splits
``plain_xml``; ``rewriting`` makes other spellings plain) and their values what a person sees (``texts``, ``numbers``).
The other formats are ``parsed`` by a library; ``cells`` turns its values into that text, helped by what it leaves out
(``marks``), which ``xls`` and ``ods`` find. ``number_formats`` knows dates and the masks of phone numbers.
"""

from importer.readers.workbook.reader import Workbook

__all__ = ["Workbook"]
