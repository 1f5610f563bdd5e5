"""From a file to frames of text with row numbers: one module or package for each format, listed in ``formats``.

In reading order: ``formats`` picks the reader of a file. ``table`` has the protocols of readers and tables. ``archive``
unpacks a file, and ``utf8`` turns text into UTF-8. The readers are ``delimited``, ``workbooks``, ``parquet``, and those
of records (``records``): ``json_lists``, ``xml_lists``, ``vcard``, ``ldif``, ``dbase``, ``labelled`` and ``stacked``.
``header`` (with ``header_…``), ``footer``, ``strays`` and ``sections`` find the rows that do not belong to the list.

To add a format, write a class with the two methods of ``table.Reader`` and list it in ``formats.READERS``. Nothing is
imported here, because the child that opens a workbook imports this package and must start in a tenth of a second.
"""
