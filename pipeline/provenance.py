"""Which code, which packages, which inputs: what a release says of its own making."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pipeline.paths import PROJECT

CODE = ("dbt_project.yml", "macros", "models", "vocabulary", "expectations", "analysis", "pipeline", "requirements.lock")
PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb", "pandas", "lifelines", "great-expectations", "pyarrow", "numpy", "scipy", "matplotlib")
PACKAGES += ("statsmodels", "firthmodels", "scikit-learn", "python-docx")


@dataclass(frozen=True)
class CodeVersion:
    """The commit, whether anything was changed since, and a checksum of the files that decide a release."""

    commit: str
    is_dirty: bool
    sha256: str

    def __str__(self) -> str:
        return f"{self.commit}{' (changed since)' if self.is_dirty else ''}"


def code_version() -> CodeVersion:
    """The version of the code that runs; the commit is ``unknown`` outside a git checkout."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    return CodeVersion(commit or "unknown", bool(_git("status", "--porcelain")) if commit else True, _checksum_of_code())


def package_versions() -> dict[str, str]:
    """The versions of the packages whose change could change a result."""
    return {name: version(name) for name in PACKAGES}


def salt_check(salt: str, release: str) -> str:
    """Tells whether another salt is the one that a release was made with; slow to guess, and another one for each release."""
    return hashlib.scrypt(salt.encode(), salt=release.encode(), n=2**14, r=8, p=1, dklen=16).hex()


def data_checksum(batches: Iterable[str]) -> str:
    """One SHA-256 for all data that were read, from the checksums of the batches in whatever order."""
    return hashlib.sha256("\n".join(sorted(batches)).encode()).hexdigest()


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(["git", "-C", str(PROJECT), *arguments], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _checksum_of_code() -> str:
    digest = hashlib.sha256()
    for path in sorted(_code_files()):
        digest.update(f"{path.relative_to(PROJECT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _code_files() -> list[Path]:
    files = []
    for name in CODE:
        place = PROJECT / name
        files += [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return files
