"""``python -m tests.quality.wheel [PYTHON]…``: the wheel in empty environments: seconds and MB.

Without arguments: every Python from 3.11 to 3.14 that is there under its own name (``python3.12``) or in pyenv.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
_VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def pythons() -> dict[str, str | None]:
    """Return for each version an interpreter that starts; None if there is none."""
    return {version: next(filter(starts, candidates(version)), None) for version in _VERSIONS}


def candidates(version: str) -> list[str]:
    """Return the paths that an interpreter of a version may have."""
    named = shutil.which(f"python{version}")
    pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    return [*map(str, pyenv), *([named] if named else [])]


def starts(python: str) -> bool:
    """Return True if the interpreter runs: a shim of pyenv may lead nowhere."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def timed(*command: str | Path, at: Path, allowed: tuple[int, ...] = (0,)) -> tuple[float, str]:
    """Return the seconds that a command takes, and what it prints; end with its words if it fails."""
    began = time.perf_counter()
    done = subprocess.run(list(map(str, command)), cwd=at, capture_output=True, text=True, check=False)
    if done.returncode not in allowed:
        sys.exit(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stderr}")
    return time.perf_counter() - began, done.stdout.strip()


def size_mb(folder: Path) -> float:
    """Return the size of what lies in a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 2**20


def tried(python: str, wheel: Path, at: Path) -> str:
    """Install the wheel in an empty environment, start it and import a list; return a line of figures."""
    timed(python, "-m", "venv", at / "env", at=at)
    before = size_mb(at / "env")
    tool = at / "env" / "bin"
    installs, _ = timed(tool / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel, at=at)
    cold, version = timed(tool / "importer", "--version", at=at)
    warm, _ = timed(tool / "importer", "--version", at=at)
    sample = ROOT / "sample_data" / "webshop-orders.csv"
    imports, said = timed(tool / "importer", "run", sample, "--region", "US", "--sandbox", at=at, allowed=(0, 3))
    if "balanced" not in said:
        sys.exit(said)
    timed(tool / "python", "-c", "import importer; importer.Run.find().rows().collect()", at=at)
    mb = size_mb(at / "env") - before
    return f"{installs:8.1f} s {mb:6.0f} MB {cold:6.2f} s, {warm:.2f} s ({version}) {imports:6.2f} s"


def main() -> None:
    """Build the wheel and try it with each Python; a Python that is not there is said."""
    asked = {python: python for python in sys.argv[1:]} or pythons()
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        timed(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", at, at=ROOT)
        (wheel,) = at.glob("*.whl")
        print("Python     install   size   --version: first, then      a list into the sandbox")
        for version, python in asked.items():
            if python is None:
                print(f"{version:8} is not on this machine")
                continue
            place = at / Path(version).name
            place.mkdir()
            print(f"{version:8} {tried(python, wheel, place)}", flush=True)
            shutil.rmtree(place)


if __name__ == "__main__":
    main()
