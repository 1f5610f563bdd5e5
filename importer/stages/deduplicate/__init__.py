"""Duplicates: rows of one number, of which one survives; and rows of two numbers that look like one person's.

``first`` settles each row as it comes; ``chosen`` lets another row than the first survive, once all rows are known;
``merging`` fills a survivor's empty fields from its duplicates. What a person should look at is found when all is
prepared: ``two_people`` finds duplicates under another name, ``twins`` people with two numbers, among the pairs of rows
that ``blocks`` finds. ``persons`` tells whether two names are one person's, ``addresses`` the same of e-mail.
"""

from importer.stages.deduplicate.chosen import Choose
from importer.stages.deduplicate.first import Deduplicate
from importer.stages.deduplicate.twins import contacts, twins
from importer.stages.deduplicate.two_people import duplicates_of_others, other_people

__all__ = ["Choose", "Deduplicate", "contacts", "duplicates_of_others", "other_people", "twins"]
