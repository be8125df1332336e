"""Spikes in HDF5, the format of the Heidelberg spiking data sets SHD and SSC: times in s and units of each sample.

B. Cramer, Y. Stradmann, J. Schemmel, F. Zenke, "The Heidelberg spiking data sets for the systematic evaluation of
spiking neural networks", IEEE TNNLS 33 (2022): data sets `spikes/times` and `spikes/units`, arrays of any length, and
`labels`. Needs the package h5py.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from accelsim.formats.events import UnitEvents, bad_file

FIELDS = ("spikes/times", "spikes/units", "labels")


def read_spike_hdf5(path: str | os.PathLike[str]) -> UnitEvents:
    """Read all samples of a file.

    Raises
    ------
    ConfigError
        If h5py is not installed, or with the field that is wrong.
    """
    try:
        import h5py
    except ImportError:
        raise bad_file(path, "needs the package h5py: pip install 'accelsim[data]'") from None
    try:
        with h5py.File(path, "r") as file:
            for field in FIELDS:
                if field not in file or not isinstance(file[field], h5py.Dataset):
                    raise bad_file(path, "missing data set", field)
            times, units, labels = (file[field][()] for field in FIELDS)
    except FileNotFoundError:
        raise bad_file(path, "cannot be read: no such file or directory") from None
    except OSError:
        raise bad_file(path, "is no HDF5 file, or a damaged one") from None
    return _checked(path, times, units, labels)


def _checked(path: str | os.PathLike[str], times: Any, units: Any, labels: Any) -> UnitEvents:
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or labels.min(initial=0) < 0:
        raise bad_file(path, "expected one class, 0 or more, per sample", "labels")
    for field, found in zip(FIELDS, (times, units), strict=False):
        if found.shape != labels.shape:
            raise bad_file(path, f"has shape {found.shape}, but there are {labels.size} labels", field)
        if found.dtype != object:
            raise bad_file(path, f"holds {found.dtype}; expected an array for each sample", field)
    counts = np.array([len(sample) for sample in times], np.int64)
    for i in np.flatnonzero(counts != [len(sample) for sample in units])[:1]:
        raise bad_file(path, f"{len(units[i])} units, but {counts[i]} times", f"spikes/units[{i}]")
    time = np.concatenate([np.zeros(0, np.float32), *times]).astype(np.float32)
    unit = np.concatenate([np.zeros(0, np.int32), *units]).astype(np.int32)
    start = np.concatenate([[0], np.cumsum(counts)])
    for field, bad in (("spikes/times", ~(np.isfinite(time) & (time >= 0))), ("spikes/units", unit < 0)):
        if bad.any():
            sample = int(np.searchsorted(start, int(np.argmax(bad)), side="right")) - 1
            raise bad_file(path, "a number that is not finite and >= 0", f"{field}[{sample}]")
    return UnitEvents(time, unit, start, labels.astype(np.int32))
