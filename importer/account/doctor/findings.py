"""The doctor's findings: one for each check."""

from enum import StrEnum

from pydantic import BaseModel


class State(StrEnum):
    """Result of a check."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(BaseModel):
    """One check: its name, its result, what was seen, and what to do; ``advice`` is empty if nothing is."""

    check: str
    state: State
    seen: str
    advice: str = ""
