"""Numbers that lack their first zero, or their area code: few digits, and nothing that tells the one from the other.

Where a plan's numbers have no fixed length, digits without the zero that is dialled before them are valid as soon as
the first ones are some town's code: 23125100 is a number of Berlin to who lives there, and one of Dortmund to
``phonenumbers``. Spreadsheets drop the zero, and neighbours leave out the code, so neither is believed.
"""

import re

import numpy as np

from importer.stages.phones import automaton
from importer.stages.phones.automaton import NOWHERE, REGIONS, Numbers, UInts, region_codes
from importer.stages.phones.candidates import Candidates, Readings
from importer.stages.phones.libphonenumber import FAULTS, Fault
from importer.stages.phones.traits import Traits

_LONGEST = (
    {8: ("AT", "AX", "BD", "DE", "EG", "FI", "ID", "KR", "MY", "SE", "TW")}
    | {7: ("BG", "CU", "KE", "MM", "PY", "RS", "ZA")}
    | {6: ("AL", "BY", "SO")}
)
"""Digits of the longest numbers that are dialled without their area code, in the countries where so few may as well be
a whole number without its zero."""

_MOST = np.zeros(len(REGIONS) + 1, np.int64)
"""That length for each of ``REGIONS``; 0 if short numbers are never whole ones without their zero there."""
for _size, _regions in _LONGEST.items():
    _MOST[[REGIONS.index(region) for region in _regions]] = _size

_AREA = re.compile(r"\([0-9]{1,5}\)|[0-9]{1,5} ?/")
"""Brackets or a slash that set an area code apart."""


def settle(texts: Candidates, numbers: Numbers, values: UInts, result: Readings) -> None:
    """Take back such numbers; mobile phones have no area code."""
    regions = texts.regions
    is_line = (result.e164 > 0) & (result.traits & Traits.MOBILE == 0) & (regions != NOWHERE)
    some = np.flatnonzero(is_line & (numbers.origins >= automaton.FIRST_HOME))
    counts = numbers.counts[some]
    is_short = counts <= _MOST[regions[some]]
    some, counts = some[is_short], counts[is_short]
    powers = np.uint64(10) ** counts.astype(np.uint64)
    as_written = region_codes()[regions[some]].astype(np.uint64) * powers + values[some]
    # Read as it stands, without any zero dropped: then the zero, or an area code, may be missing.
    some = some[(result.e164[some] == as_written) & (values[some] >= powers // np.uint64(10))]
    for place in some.tolist():
        way = texts.table.of_text[texts.ways[place]](texts.spelled.texts[int(texts.rows[place])])
        if not _AREA.match(way.text):
            result.e164[place], result.fault[place] = 0, FAULTS.index(Fault.LOCAL)
