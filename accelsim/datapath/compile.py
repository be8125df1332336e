"""Compilation of the package's own kernels: stored on disk, hot in a second process, never stale.

numba keys stored code by the file of the function alone: a kernel that calls into another, edited file would go
on running the old code.  The package's kernels are therefore stored under a folder named by a hash of every
source file that can hold one; other contents, another folder.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config

import accelsim
import accelsim.datapath.jit
from accelsim.datapath.generate import cache_folder

_settings: Any = config  # numba makes its settings at run time

KERNEL_PACKAGES = ("controllers", "datapath", "devices", "engine", "mapping", "neurons", "plasticity")
"""Packages whose files hold kernels or scalar functions that kernels compile."""
_KEPT_VERSIONS = 6


@functools.cache
def package_cache() -> Path:
    """Folder for the compiled kernels of exactly this source tree; old trees' folders are pruned."""
    root = Path(accelsim.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for package in KERNEL_PACKAGES for path in (root / package).rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes())
    folder = cache_folder() / f"package-{digest.hexdigest()[:24]}"
    folder.mkdir(parents=True, exist_ok=True)
    others = [other for other in cache_folder().glob("package-*") if other != folder]
    for old in sorted(others, key=lambda path: path.stat().st_mtime)[: max(0, len(others) - _KEPT_VERSIONS)]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """numba's ``njit`` with the package's cache; for module-level functions only."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        before = _settings.CACHE_DIR
        _settings.CACHE_DIR = str(package_cache())
        try:
            return numba.njit(cache=True, error_model="numpy", **options)(function)
        finally:
            _settings.CACHE_DIR = before

    return decorate


kernel = compiled()
"""A kernel that may allocate arrays."""

inner = compiled(_nrt=False)
"""A kernel whose arrays all come from its caller: without reference counting it is several times faster."""

inlined = compiled(_nrt=False, forceinline=True)
"""The same, always inlined: a call that hands many arrays on costs more than its body."""
