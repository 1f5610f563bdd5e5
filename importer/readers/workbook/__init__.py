"""Workbooks: xlsx, xlsm, xls, xlsb and ods, each filled sheet a table.

``reader`` is what the rest of the product sees. It starts ``child``, the only module that opens a workbook, in a
process with limits, because a crafted file can end an interpreter. There ``container`` tells what the file is and
refuses bombs, and ``cells`` turns what the parser gives into the text that a person sees, helped by what the parser
leaves out (``marks``), which ``xlsx``, ``xls`` and ``ods`` find; ``number_formats`` knows the masks of phone numbers.
Large sheets of xlsx files are parsed in ``slices``.
"""

from importer.readers.workbook.reader import Workbook

__all__ = ["Workbook"]
