"""What the doctor found: one line a check."""

from enum import StrEnum

from pydantic import BaseModel


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(BaseModel):
    """One check: what was looked at, how it is, what was seen, and what to do where something is."""

    check: str
    state: State
    seen: str
    advice: str = ""
