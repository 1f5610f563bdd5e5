"""Names: first and last name as their bearers write them.

``splitting`` takes full names apart, ``cleaning`` repairs and tidies a cell, ``casing`` gives capitals by what
``spellings`` knows of words. They work on one text in plain Python; ``plain`` does the same by column for the most part
of any list, so that only the spellings that need them get there, each once.
"""

from importer.stages.names.stage import Names

__all__ = ["Names"]
