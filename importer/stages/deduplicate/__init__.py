"""Duplicates: rows of one number, of which one survives.

``first`` settles each row as it comes; ``chosen`` lets another row than the first survive, once all rows are known;
``merging`` fills a survivor's empty fields from its duplicates; ``persons`` tells whether two names are one person's.
What a person should look at is found when all is prepared: see ``importer.pipeline.review``.
"""

from importer.stages.deduplicate.chosen import Choose
from importer.stages.deduplicate.first import Deduplicate

__all__ = ["Choose", "Deduplicate"]
