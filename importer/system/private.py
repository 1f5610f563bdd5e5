"""Whether a file is for the account that runs this process alone, as far as its rights and its mount tell."""

import os
import stat
from pathlib import Path

_OF_OTHERS = 0o077
_ONLY_READ = 0o044
_CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""Files that Docker and Podman put into every container."""


def knows_rights() -> bool:
    """Return True if the mode of a file tells who may read it; on Windows other lists do, which are not looked at."""
    return hasattr(os, "geteuid")


def is_private(path: Path) -> bool:
    """Return True if nobody else can be meant to read a file, or nobody knows; False if others of this machine may.

    Either it gives group and others no right at all; or it is a secret that the system hands in: owned by root, on a
    mount that is read-only, so that its own rights are not its owner's to choose, and in a place where no other account
    of the machine comes: in a container (0444 and 0440, as Docker and Kubernetes mount secrets), or in the folder of
    credentials that systemd made for this service (0440: the group's right stands for the service's).

    Raises:
        OSError: it is not there, or cannot be reached.
    """
    status = path.stat()
    given = stat.S_IMODE(status.st_mode) & _OF_OTHERS
    if not given or not knows_rights():
        return True
    if given & ~_ONLY_READ or status.st_uid != 0 or not os.statvfs(path).f_flag & os.ST_RDONLY:
        return False
    return _is_container() or (_is_credential(path) and not given & stat.S_IRWXO)


def is_writable_by_others(path: Path) -> bool:
    """Return True if somebody else than this account and root may write a file, or owns it; False if nobody knows.

    Raises:
        OSError: it is not there, or cannot be reached.
    """
    status = path.stat()
    if not knows_rights():
        return False
    return bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)) or status.st_uid not in (0, os.geteuid())


def _is_container() -> bool:
    """Return True if this process runs in a container of Docker, Podman or Kubernetes."""
    return any(mark.exists() for mark in _CONTAINERS) or "KUBERNETES_SERVICE_HOST" in os.environ


def _is_credential(path: Path) -> bool:
    """Return True if a file lies in the folder that systemd made for this service (``LoadCredential=``)."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return bool(folder) and Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder or ""))
