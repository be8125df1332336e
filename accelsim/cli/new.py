"""What the command `new` writes: a plug-in that runs as it is, and a test beside it."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Template

from accelsim.cli.commands import usage
from accelsim.config.errors import choose_from
from accelsim.simulation.plugins import PLUGGABLE

FLAGS = {
    "rule": "workload.learning.rule",
    "neuron": "core.neuron",
    "consolidation": "workload.learning.consolidation",
}
"""Key that asks for a thing of each kind."""
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def new(kind: str, name: str) -> None:
    """Write the plug-in ``NAME.py`` and its test into the working directory, and say how to use them.

    Raises
    ------
    ConfigError
        If the kind or the name cannot be, or one of the files exists.
    """
    if kind not in FLAGS:
        raise usage("new", f"there is no kind `{kind}`{choose_from(kind, FLAGS)}")
    if not NAME.fullmatch(name):
        raise usage("new", f"`{name}` is no name: lower-case letters and digits, words joined by hyphens")
    if name in PLUGGABLE[kind].names():
        raise usage("new", f"there is a {PLUGGABLE[kind].kind} `{name}` already; choose another name")
    class_name = "".join(word.capitalize() for word in name.split("-"))
    written = {Path(f"{name}.py"): kind, Path(f"test_{name.replace('-', '_')}.py"): f"test_{kind}"}
    for path in written:
        if path.exists():
            raise usage(str(path), "exists already; nothing was written")
    for path, template in written.items():
        text = (files("accelsim.cli") / "templates" / f"{template}.txt").read_text(encoding="utf-8")
        path.write_text(Template(text).substitute(name=name, cls=class_name), encoding="utf-8")
    plugin = f"--plugin {name}.py"
    print(f"wrote {' and '.join(map(str, written))}; try")
    print(f"  accelsim describe {name} {plugin}")
    print(f"  accelsim run single_core cue_accumulation {plugin} --set {FLAGS[kind]}={name}")
    print(f"  python -m pytest {list(written)[1]}")
