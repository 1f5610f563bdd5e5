"""Marked copies: a user's own workbook with the outcome of each row in it. The only modules that use openpyxl.

In reading order: ``child`` is the process that makes a copy, because a large book takes much memory. It takes what to
say of each row from ``marks``; opens the book, or makes one of a list that is none (``books``), unless it holds what
openpyxl would not keep (``losses``); colours the sheets (``sheets``); adds the sheet that explains it (``legend``).
``importer.pipeline.marking`` starts the child, and checks that the copy comes back as it went.
"""
