"""File to text frames with row numbers: one format a file, and the list of them in ``formats``.

A new format is a class with the two methods of ``table.Reader`` and one entry in ``formats.READERS``. Nothing is
imported here: the child that opens a workbook starts in a tenth of a second for it.
"""
