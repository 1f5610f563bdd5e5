"""``job.toml``: where a job's files come from, what must hold of them, and who is told.

The keys of profiles stand beside these tables. Paths are relative to the file's own folder: whoever starts a job may
do so from anywhere. As for profiles, the address that the key is sent to is not for this file.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from importer.settings.gates import Gates


def _beside(value: object, info: ValidationInfo) -> object:
    """Return a path relative to the job's folder (the validation's context) as an absolute one."""
    if not isinstance(value, str | Path):
        return value
    try:
        return Path(info.context or ".").absolute() / Path(value).expanduser()
    except RuntimeError:
        raise ValueError("names the home of somebody whom this machine does not know") from None


JobPath = Annotated[Path, BeforeValidator(_beside)]
"""A path relative to the folder of ``job.toml``."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class JobSource(_Table):
    """The source of the files: exactly one of ``inbox``, ``files`` and ``url``."""

    inbox: JobPath | None = Field(default=None, description="A folder: each file in it is imported, once, and moved.")
    files: tuple[str, ...] = Field(default=(), description="Files and patterns, such as drop/*.csv: copied.")
    url: str | None = Field(
        default=None,
        description="sftp://, s3://, gs://, az:// or https://, with * in its last part: copied.",
    )
    password_file: JobPath | None = Field(
        default=None, description="The password of sftp://, in a file for its owner alone; without it, keys are used."
    )
    known_hosts: JobPath | None = Field(
        default=None, description="Keys of SFTP servers that are trusted, beside ~/.ssh/known_hosts."
    )
    settle_s: float = Field(default=30, ge=0, description="Seconds for which a file must be unchanged to be taken.")
    ready: str | None = Field(
        default=None, description="A pattern such as *.done: a file is taken only once a marker of its name is there."
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(map(bool, (self.inbox, self.files, self.url))) != 1:
            raise ValueError("has one of inbox, files and url")
        return self

    @field_validator("ready")
    @classmethod
    def _names_a_file(cls, value: str | None) -> str | None:
        if value is not None and (value.count("*") != 1 or "/" in value or value == "*"):
            raise ValueError("is a name with one *, such as *.done")
        return value


class JobSuppress(_Table):
    """Lists of numbers that must never be sent."""

    files: tuple[JobPath, ...] = Field(default=(), description="In any format that can be imported.")
    max_age_days: float | None = Field(
        default=None, gt=0, description="A list that was not written anew for so many days stops the job."
    )
    max_shrink: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="A list that has lost a larger share of its numbers since the last start stops the job.",
    )


class JobNotify(_Table):
    """Who is told when the job begins to fail, and when it is well again."""

    webhook: str | None = Field(default=None, pattern=r"^https?://", description="A URL that gets a signed POST.")
    secret_file: JobPath | None = Field(
        default=None, description="The key of its signature (X-Importer-Signature), in a file for its owner alone."
    )
    email: tuple[str, ...] = Field(default=(), description="Addresses.")
    email_from: str | None = Field(default=None, description="The sender's address.")
    smtp: str | None = Field(
        default=None,
        pattern=r"^smtps?://[^/:]+(:\d+)?$",
        description="The mail server: smtp://host:587 (STARTTLS where it offers that) or smtps://host:465.",
    )
    smtp_user: str | None = Field(default=None, description="Who logs in there.")
    smtp_password_file: JobPath | None = Field(default=None, description="The password, in a file for its owner alone.")
    apprise_file: JobPath | None = Field(
        default=None, description="URLs of apprise (extra notify), one a line, in a file for its owner alone."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.webhook is None) != (self.secret_file is None):
            raise ValueError("needs webhook and secret_file together: what is not signed, nobody can trust")
        if self.email and not (self.smtp and self.email_from):
            raise ValueError("needs smtp and email_from beside email")
        if (self.smtp_user is None) != (self.smtp_password_file is None):
            raise ValueError("needs smtp_user and smtp_password_file together")
        return self


class JobMetrics(_Table):
    """The files written for operators."""

    textfile: JobPath | None = Field(
        default=None, description="A file of the Prometheus node exporter's textfile folder; its name ends in .prom."
    )


class JobFile(_Table):
    """The tables of ``job.toml`` that profiles have not."""

    name: str = Field(description="The job's name: letters, digits, dots, dashes and underscores.")
    source: JobSource = Field(description="Where its files come from.")
    gates: Gates = Field(default=Gates(), description="What must hold of a file before anything of it is sent.")
    suppress: JobSuppress = Field(default=JobSuppress(), description="Numbers that must never be sent.")
    notify: JobNotify = Field(default=JobNotify(), description="Who is told.")
    metrics: JobMetrics = Field(default=JobMetrics(), description="The files written for operators.")

    @field_validator("name")
    @classmethod
    def _can_name_a_folder(cls, value: str) -> str:
        if not re.fullmatch(r"\w[\w.-]{0,63}", value, re.ASCII):
            raise ValueError("is a letter or digit, then letters, digits, dots, dashes and underscores, 64 at most")
        return value


def profile_of(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a job's content as a profile's, its paths absolute; what is wrong with it is left as it is."""
    profile = {key: value for key, value in values.items() if key not in JobFile.model_fields or key == "gates"}
    profile["runs"] = folder / Path(profile.get("runs", "runs")).expanduser()
    if isinstance(values.get("name"), str):
        profile["job"] = values["name"]
    if isinstance(lists := values.get("suppress"), dict):
        profile["suppress"] = [folder / Path(path).expanduser() for path in lists.get("files", ())]
        profile["suppress_max_age_days"] = lists.get("max_age_days")
        profile["suppress_max_shrink"] = lists.get("max_shrink")
    return profile
