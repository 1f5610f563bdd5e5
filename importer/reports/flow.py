"""The rows as a flow diagram: read, then settled before sending or sent, then how each ended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from importer.models.outcomes import Outcome, Reason
from importer.reports.conclusions import ReasonCount

_SENT = {
    Reason.CONFIRMED,
    Reason.SKIPPED_BY_API,
    Reason.REJECTED_BY_API,
    Reason.REPLY_LOST,
    Reason.NOT_NAMED,
    Reason.PRESENT,
}
_HEIGHT = 220.0
_SLOT = 42.0
_TOP = 12.0
_LABEL = 150.0
"""Room for the text beside the last bars."""

_BAR = 10.0
_THINNEST = 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """An upright bar with two lines of text beside it; ``kind`` is an outcome, ``read``, ``sent`` or ``settled``."""

    x: float
    y: float
    height: float
    kind: str
    rows: int
    label: str

    @property
    def text_y(self) -> float:
        """Return the base line of the first line of text: at a tall bar's top, in the middle of a short one."""
        return self.y + min(11.0, self.height / 2 + 4)


@dataclass(frozen=True, slots=True)
class Band:
    """A curved band between two bars, as the ``d`` of an SVG path."""

    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class Flow:
    """The picture, in SVG user units."""

    width: float
    height: float
    bars: list[Bar]
    bands: list[Band]


def draw(reasons: Sequence[ReasonCount], present_before: int, width: float) -> Flow:
    """Draw bars in three columns and the bands between them, in proportion but never too thin to be seen.

    ``present_before`` of the ``skipped-by-api`` rows were left out before sending.
    """
    rows = sum(reason.rows for reason in reasons)
    unsent = [_unsent(reason, present_before) for reason in reasons]
    sent = [replace(r, rows=r.rows - left) for r, left in zip(reasons, unsent, strict=True) if r.rows > left]
    settled = [replace(r, rows=left) for r, left in zip(reasons, unsent, strict=True) if left]
    columns = (0.0, (width - _LABEL) / 2, width - _LABEL)
    bars: list[Bar] = []
    bands: list[Band] = []
    ends_y = _TOP
    middle_y = _TOP
    left_y = _TOP
    for kind, label, group in (("sent", "sent", sent), ("settled", _settled_label(settled), settled)):
        if not group:
            continue
        heights = [max(_THINNEST, _HEIGHT * reason.rows / rows) for reason in group]
        whole = sum(heights)
        middle = Bar(columns[1], max(middle_y, ends_y), whole, kind, sum(reason.rows for reason in group), label)
        bars.append(middle)
        bands.append(Band(_band(columns[0] + _BAR, left_y, columns[1], middle.y, whole), kind))
        left_y += whole
        inner_y = middle.y
        for reason, height in zip(group, heights, strict=True):
            bars.append(Bar(columns[2], ends_y, height, reason.outcome.value, reason.rows, reason.code))
            bands.append(Band(_band(columns[1] + _BAR, inner_y, columns[2], ends_y, height), reason.outcome.value))
            inner_y += height
            ends_y += max(height + 12, _SLOT)
        middle_y = middle.y + max(whole, _SLOT) + 12
    bars.insert(0, Bar(columns[0], _TOP, left_y - _TOP, "read", rows, "read"))
    return Flow(width, max(ends_y, middle_y, _TOP + _SLOT), bars, bands)


def _unsent(reason: ReasonCount, present_before: int) -> int:
    if reason.code == Reason.SKIPPED_BY_API:
        return present_before
    return 0 if reason.code in _SENT else reason.rows


def _settled_label(settled: Sequence[ReasonCount]) -> str:
    return "to be sent" if {reason.outcome for reason in settled} == {Outcome.PLANNED} else "not sent"


def _band(x0: float, y0: float, x1: float, y1: float, height: float) -> str:
    bend = (x0 + x1) / 2
    return (
        f"M{x0:.1f} {y0:.1f}C{bend:.1f} {y0:.1f} {bend:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
        f"V{y1 + height:.1f}C{bend:.1f} {y1 + height:.1f} {bend:.1f} {y0 + height:.1f} {x0:.1f} {y0 + height:.1f}Z"
    )
