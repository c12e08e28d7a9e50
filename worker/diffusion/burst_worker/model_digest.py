"""Digest of a model folder: SHA-256 of its files' lines `<sha256>  <path>`, sorted by path.

`python3 -m burst_worker.model_digest FOLDER` prints it: what a task names, and what the operator allows.
"""

import hashlib
import sys
from pathlib import Path


def model_digest(folder: Path) -> str:
    """Of regular files, links followed; names that begin with a dot are left out: downloaders keep notes there."""
    paths = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    kept = [path for path in paths if not any(part.startswith(".") for part in path.parts)]
    lines = [
        f"{_file_digest(folder / path)}  {path.as_posix()}\n"
        for path in sorted(kept, key=lambda path: path.as_posix().encode())
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    print(model_digest(Path(sys.argv[1])))
