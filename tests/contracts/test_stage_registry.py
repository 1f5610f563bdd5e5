"""What every stage must do; a new one is tested by being listed in ``ROW_STAGES`` or ``RUN_STAGES``."""

from collections.abc import Callable

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from importer.models.frames import OUTCOME, REASON
from importer.models.outcomes import REASONS, Reason
from importer.stages import ROW_STAGES, RUN_STAGES, Job, Stage

JOB = Job(region="US")
NAMES = ["Ann Poe", None, "BOB LEE", "Ann Poe", "x" * 200, "Ünal Öz", "", "Cy"]
CELLS = ["(415) 555-0100", "+1 415 555 0101", None, "415-555-0100", "12", "+44 7911 123456", "nobody", "1.41556E+10"]
SETTLED = [None, None, None, None, None, None, None, Reason.MALFORMED_ROW.value]


def mapped() -> pl.DataFrame:
    """Rows as the map leaves them, one of them settled; texts of every kind."""
    count = len(CELLS)
    text = dict.fromkeys(("first_name", "last_name", "email", "region", "detail", "changes", "sheet"), pl.String)
    return pl.DataFrame(
        {
            "position": range(count),
            "source": "list.csv",
            "row": range(2, count + 2),
            "outcome": [None if reason is None else REASONS[Reason(reason)].outcome.value for reason in SETTLED],
            "reason": SETTLED,
            "full_name": NAMES,
            "phone:Phone": CELLS,
            "meta:City": ["Rome", None] * (count // 2),
            "meta:=x": [None, "1"] * (count // 2),
            **dict.fromkeys(text),
        },
        schema={
            "position": pl.UInt32, "source": pl.String, "row": pl.UInt32, "outcome": OUTCOME, "reason": REASON,
            "full_name": pl.String, "phone:Phone": pl.String, "meta:City": pl.String, "meta:=x": pl.String, **text,
        },
    )  # fmt: skip


def before(number: int) -> pl.DataFrame:
    """The rows as they come to a stage: those before it have been at work."""
    frame = mapped()
    for make in (*ROW_STAGES, *RUN_STAGES)[:number]:
        frame = make(JOB)(frame)
    return frame


STAGES = list(enumerate((*ROW_STAGES, *RUN_STAGES)))


@pytest.fixture(params=STAGES, ids=lambda pair: type(pair[1](JOB)).__name__)
def numbered(request: pytest.FixtureRequest) -> tuple[int, Callable[[Job], Stage]]:
    """Each stage in turn, with its place."""
    found: tuple[int, Callable[[Job], Stage]] = request.param
    return found


def test_no_row_is_removed_or_moved(numbered: tuple[int, Callable[[Job], Stage]]) -> None:
    """The books balance because of it."""
    frame = before(numbered[0])
    after = numbered[1](JOB)(frame)
    for column in ("position", "source", "row"):
        assert after[column].equals(frame[column])


def test_what_is_settled_stays_so(numbered: tuple[int, Callable[[Job], Stage]]) -> None:
    """What an earlier stage settled is not touched; each new outcome is its reason's."""
    frame = before(numbered[0])
    after = numbered[1](JOB)(frame)
    is_settled = frame["reason"].is_not_null()
    columns = ["outcome", "reason", "detail"]
    assert_frame_equal(after.filter(is_settled).select(columns), frame.filter(is_settled).select(columns))
    for outcome, reason in after.filter(after["reason"].is_not_null()).select("outcome", "reason").iter_rows():
        assert REASONS[Reason(reason)].outcome.value == outcome


def test_no_rows_are_no_trouble(numbered: tuple[int, Callable[[Job], Stage]]) -> None:
    """A list of none has the same columns and types as any other."""
    frame = before(numbered[0])
    after = numbered[1](JOB)(frame.clear())
    assert after.is_empty()
    assert after.schema == numbered[1](JOB)(frame).schema


@pytest.mark.parametrize("pair", STAGES[: len(ROW_STAGES)], ids=lambda pair: type(pair[1](JOB)).__name__)
def test_a_row_s_end_does_not_depend_on_its_neighbours(pair: tuple[int, Callable[[Job], Stage]]) -> None:
    """A stage of rows gives the same for each alone as for all together."""
    frame = before(pair[0])
    whole = pair[1](JOB)(frame)
    alone = [pair[1](JOB)(frame[at : at + 1]) for at in range(frame.height)]
    assert_frame_equal(pl.concat(alone), whole)
