"""The best of several columns for one field."""

from collections.abc import Callable, Iterable, Sequence

from importer.models.mappings import SURE, Candidate
from importer.stages.map.evidence import WORTH_ASKING, Column, Says, weigh

Weigh = Callable[[Column, str], Candidate]


def best_of(columns: Sequence[Column], field: str, notes: list[str], weighed: Weigh = weigh) -> Candidate | None:
    """Return the column that fits best: one with values, named, in the plainest words, first in the file.

    Where none is sure, the one that is worth a question; None where there is none.
    """
    fitting = [(column, weighed(column, field)) for column in columns]
    sure = [(column, candidate) for column, candidate in fitting if candidate.confidence >= SURE]
    if not sure:
        unsure = [candidate for _, candidate in fitting if candidate.confidence >= WORTH_ASKING]
        return max(unsure, key=lambda candidate: candidate.confidence, default=None)
    sure.sort(key=lambda pair: (pair[0].shape.filled == 0, pair[0].says(field) is not Says.NAMED, pair[0].header.rank))
    best, *others = [candidate for _, candidate in sure]
    if others:
        noun = field.replace("_", " ")
        notes.append(
            f'The {noun} is taken from "{best.column}"; {quoted(other.column for other in others[:3])} would fit too '
            f'(--map {field}="{others[0].column}").'
        )
    return best


def quoted(names: Iterable[str]) -> str:
    """Return names of columns as a message has them."""
    return ", ".join(f'"{name}"' for name in names)
