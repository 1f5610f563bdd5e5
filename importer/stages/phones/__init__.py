"""Phones: the first valid number of each row, as E.164.

``phonenumbers`` decides whether digits are a number, and how it is written; it reads some 10,000 a second, and in lists
of millions only the digits differ. So a cell is taken apart, and each part is read once::

    cells     "(415) 555-2671"   "Tel 030 12345 / 46"   "1-800-FLOWERS"
                   |
    spellings      +-- shape "(111) 111-1111", the same for all cells written so        digits 4155552671
                   |                                                                      |
    shapes, ways   looked at once a shape:  repairs -> meant: WHICH DIGITS ARE MEANT      |
                   |                                   (both paths read what it decides)  |
    candidates     +-- the ways to read it: digits 1-10, no plus; check; rest ------------+
                   |                                                                      |
    column_reader  +-- a fault in the shape itself: refused            letters or odd signs count: libphonenumber
                   |                                                                      |
    number_reader  +-- automaton: all numbers at once, a digit a step                     |
                   |      what it leaves undecided: plain -> phonenumbers                 |
                   |      IMPORTER_PHONES=plain: every number this way                    |
                   |                                                                      |
    meant          +-- codes, history, local: which reading of the digits; checks: is it the one that is meant?
                   |
    found_numbers  +-- the first valid one, or why there is none -> stage, details, wording

Read in this order: ``stage`` (columns of a frame), ``found_numbers`` (a column), ``column_reader`` (candidates),
``spellings``, ``shapes`` and ``ways`` (a text, a shape, a way), ``meant``, ``number_reader`` and its two paths
``plain`` and ``automaton``. The latter is made of ``numbering_plans`` (phonenumbers' metadata), ``patterns`` (their
regular expressions, digit by digit), ``states`` (phonenumbers' own steps) and ``traits``.

**Which digits are meant is decided in ``meant``, by rules of our own.** The library is made for what somebody dials,
and a list is written by many hands: a digit that nobody wrote is never sent, and where two readings are possible and
nothing in the row settles it, the row is refused. Two answers to plain numbers are ours as well: seven digits of North
America lack their area code (310-2250 is valid in Canada), and ``00`` is a plus wherever that gives a number.

**What proves it.** ``python -m tests.quality.phone_identity 1000000``: number, fault, calling code and extension of
made spellings and of every example of the corpora are ``phonenumbers``' own; with ``--paths``, both paths give the same
rows. ``python -m tests.quality.phone_spellings 500000``: cells whose meaning is known give their number or none.

A repair that was needed is named in ``changes``, and so is what a person should look at although the number is valid:

========================  ==============================================================================================
``phone:spaces``          white space around the number, line ends, tabs, no-break and other odd spaces
``phone:invisible``       zero-width characters, direction marks, byte-order marks, control characters
``phone:unicode``         digits, plus signs, dashes and brackets of other scripts, full-width ones included
``phone:quotes``          ``="…"``, quotation marks, a leading apostrophe
``phone:label``           words that only name the number (``tel:``, ``Mobile:``, ``p:``), before or after it; a link or
                          an address that holds it
``phone:letters``         the letters of a vanity number that is one beyond doubt, as in 1-800-FLOWERS
``phone:lookalike``       O and l for 0 and 1, where no other reading is a number
``phone:exponent``        scientific notation that still holds every digit
``phone:float-tail``      ``.0`` or ``,0`` from a number stored as a decimal; of ten digits and more also the separators
                          of thousands and the sign of money, as in $4,155,552,671.00
``phone:extension``       an extension; its digits go to ``meta:<column> ext``
``phone:00-prefix``       ``00`` before the country's code or before its plus, wherever the row is from
``phone:011-prefix``      ``011`` before the country's code, where the region dials otherwise, or before its plus
``phone:trunk-zero``      ``(0)`` after the country's code
``phone:country-code``    the country's code without its plus
``phone:code-slip``       the country's code twice, one zero for two, or a plus before a national number's zero
``phone:old-form``        a number as its plan had it before it was changed (Mexico, Argentina, Poland, Benin, …)
``phone:cut-off``         remarks and alternate endings beside the number; they go to ``meta:<column>``
``phone:two-numbers``     two numbers in the cell: the first valid one is taken that is no fax's, the other goes to
                          ``meta:<column>``
``phone:other-column``    the number is not from the first phone column
``phone:review-plus``     valid, but so are its digits without the plus in the row's country or ``--region``: was it put
                          there in error? If so, delete it
``phone:review-zeros``    valid, but only zeros follow its sixth digit, as in what is left of 1.41556E+10: get it from
                          where the list was made, if they are not its own
``phone:review-country``  valid, but of another country than the row names: correct the one that is wrong, if one is
========================  ==============================================================================================
"""

from importer.stages.phones.stage import Phones

__all__ = ["Phones"]
