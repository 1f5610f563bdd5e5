"""A key file that others may read is refused; a secret that a container or systemd hands in is not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from importer.system import private

KEY = "agl_sk_test"
_NAMESPACE = shutil.which("unshare")
_MOUNTED = """
mount -t tmpfs none "$1" && printf agl_sk_test > "$1/key" && chown "$3" "$1/key" && chmod "$2" "$1/key" || exit 99
[ "$4" = rw ] || mount -o "remount,$4" "$1" || exit 99
shift 4
exec "$@"
"""
_ASK = f"""
import sys
from pathlib import Path
from importer.system import private
private._CONTAINERS = (Path(sys.argv[2]),)
from importer.errors import UsageError
from importer.settings.key import load_key
try:
    print(load_key().get_secret_value() == {KEY!r})
except UsageError as error:
    print(error)
"""


def can_mount() -> bool:
    """Whether this process may mount something for itself alone."""
    trial = [_NAMESPACE or "unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    return _NAMESPACE is not None and subprocess.run(trial, capture_output=True, check=False).returncode == 0


def asked(at: Path, mode: str, *, owner: str = "0", mount: str = "ro", mark: str = "", **variables: str) -> str:
    """What is said of a key file on a mount of its own."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("VOXPRIA_", "KUBERNETES_", "CREDENTIALS_"))}
    ask = [sys.executable, "-c", _ASK, "-", mark or str(at / "none")]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", _MOUNTED, "sh", at, mode, owner, mount, *ask],
        env=environment | variables | {"VOXPRIA_API_KEY_FILE": str(at / "key")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("mode", [0o444, 0o440, 0o644, 0o640, 0o606, 0o400, 0o600])
def test_out_of_a_mount_only_its_owner_may_read(tmp_path: Path, mode: int) -> None:
    """Whatever a container's marks say."""
    (tmp_path / "key").write_text("x", "utf-8")
    (tmp_path / "key").chmod(mode)
    assert private.is_private(tmp_path / "key") == (mode in {0o400, 0o600})


@pytest.mark.skipif(not can_mount(), reason="this process may not mount anything")
def test_a_secret_of_a_container_is_taken(tmp_path: Path) -> None:
    """0444 and 0440 as Docker and Kubernetes mount them, 0644 where nobody can write all the same, and 0400."""
    said = {mode: asked(tmp_path, mode, mark="/") for mode in ("444", "440", "644", "400")}
    assert said == dict.fromkeys(said, "True")
    assert asked(tmp_path, "444", KUBERNETES_SERVICE_HOST="10.0.0.1") == "True"


@pytest.mark.skipif(not can_mount(), reason="this process may not mount anything")
def test_what_only_looks_like_one_is_refused(tmp_path: Path) -> None:
    """Written by others, somebody's own, on a mount that can be written, or on a machine where others are."""
    refused = [
        asked(tmp_path, "446", mark="/"),
        asked(tmp_path, "444", owner="1000", mark="/"),
        asked(tmp_path, "444", mount="rw", mark="/"),
        asked(tmp_path, "444"),
    ]
    assert all(said.startswith("Others can read the file in VOXPRIA_API_KEY_FILE. Run: chmod 600 ") for said in refused)


@pytest.mark.skipif(not can_mount(), reason="this process may not mount anything")
def test_a_credential_of_systemd_is_taken(tmp_path: Path) -> None:
    """0440 stands for the service that it was made for; 0444 is everybody's, and another folder's is no credential."""
    of_service = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert asked(tmp_path, "440", **of_service) == "True"
    assert "Others can read" in asked(tmp_path, "444", **of_service)
    assert "Others can read" in asked(tmp_path, "440", CREDENTIALS_DIRECTORY=str(tmp_path / "other"))
