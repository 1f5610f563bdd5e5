"""The gates of an import: what must hold of a list's rows before the first of them is sent."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_Share = Annotated[float, Field(ge=0, le=1)]


class Gates(BaseModel):
    """The rules by name; one that is None, or False, is not checked.

    ``max_unconfirmed_rate``, ``same_columns``, ``max_region_shift``, ``band`` and ``max_similar`` compare with earlier
    runs of the same job, and pass while there are none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_rows: int | None = Field(default=None, ge=0, description="The least rows that a list must have.")
    max_rows: int | None = Field(default=None, ge=0, description="The most rows that a list may have.")
    max_error_rate: _Share | None = Field(default=None, description="The largest share of errored rows, such as 0.2.")
    max_duplicate_rate: _Share | None = Field(
        default=None, description="The largest share of rows whose number an earlier row of the list has."
    )
    max_unconfirmed_rate: _Share | None = Field(
        default=None, description="The largest share of rows that the job's last run may have left unconfirmed."
    )
    same_columns: bool = Field(
        default=False, description="The list has the columns of the job's last run, in any order."
    )
    max_region_shift: _Share | None = Field(
        default=None,
        description="The largest share of numbers by which the mix of countries may shift.",
    )
    band: float | None = Field(
        default=None,
        gt=0,
        description="How many MAD the rows, and the shares of errors and duplicates, may lie from the median of the "
        "job's last runs; from the fourth run on.",
    )
    max_similar: _Share | None = Field(
        default=None, description="The largest share of contacts that one earlier run of the job had already."
    )

    def __bool__(self) -> bool:
        """Return True if any rule is checked."""
        return any(value is not None and value is not False for value in self.__dict__.values())

    @property
    def needs_memory(self) -> bool:
        """Return True if a rule compares with earlier runs."""
        past = (self.max_unconfirmed_rate, self.max_region_shift, self.band, self.max_similar)
        return self.same_columns or any(value is not None for value in past)
