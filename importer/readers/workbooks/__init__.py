"""The process that opens a workbook: xlsx, xlsm, xls, xlsb, ods (flat, too), SYLK, web pages and XML of Excel 2003.

``reader`` starts ``child``, the only module that opens a workbook, in a process with limits, because a crafted file can
end an interpreter. There ``container`` tells what the file is and refuses bombs, ``books`` has the
list of formats, and ``pages`` are what the other process gets, with a ``result``.

``xlsx`` is read from its markup, many cells at once: ``pieces`` of whole rows become cells (``sheet_xml``, which splits
``plain_xml``; ``rewriting`` makes other spellings plain) and their values what a person sees (``texts``, ``numbers``).
``ods`` goes the same way (``ods_rows``), with ``ods_events`` for rows that cannot be split. ``web`` (``mhtml``, too),
``xml2003`` and ``sylk`` gather cells in a ``grid``. xls and xlsb are ``parsed`` by a library; ``cells`` turns
its values into text, helped by what it leaves out (``marks``). ``number_formats`` knows dates and the masks of phone
numbers, ``merges`` the cells that a sheet shows as one. ``faults`` says what keeps a workbook from being read.

Nothing is imported before it is needed: a bomb is refused, and a large sheet is unpacked, while the rest still loads.
"""
