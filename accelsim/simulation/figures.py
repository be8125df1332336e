"""What every result has in common: figures as attributes, tables as DataFrames."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accelsim.formats.atomic import write_text_atomic

if TYPE_CHECKING:
    import pandas as pd


class Figures:
    """Numbers by name and tables of a run."""

    metrics: Mapping[str, float | int | None]
    tables: Mapping[str, list[dict[str, Any]]]

    def __getattr__(self, name: str) -> Any:
        metrics = object.__getattribute__(self, "metrics")
        if name in metrics:
            return metrics[name]
        raise AttributeError(f"a result has no `{name}`")

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables as a DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.tables[name])

    def save_tables(self, folder: Path, names: Iterable[str]) -> None:
        """Write tables as CSV; each file appears whole or not at all."""
        for name in names:
            text = io.StringIO()
            self.table(name).to_csv(text, index=False)
            write_text_atomic(folder / f"{name}.csv", text.getvalue())
