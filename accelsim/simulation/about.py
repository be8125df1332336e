"""What a result says of its inputs and of the software that made it."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import accelsim
from accelsim.config.document import Document

PACKAGES = ("numpy", "numba", "simpy", "pydantic")


def versions() -> dict[str, Any]:
    """Versions of everything that decides a result."""
    return {
        "accelsim": accelsim.__version__,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def identity(document: Document) -> dict[str, Any]:
    """Name, file and hash of an input, and the input itself; and the document that named it, if one did."""
    resolved = json.dumps(document.data, sort_keys=True, default=str)
    return {
        "name": document.name,
        "file": Path(document.file).name if document.file else None,
        "sha256": hashlib.sha256(resolved.encode()).hexdigest(),
        "resolved": document.data,
        **({"stands_for": document.stands_for} if document.stands_for else {}),
    }
