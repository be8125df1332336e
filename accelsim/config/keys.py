"""Keys that a document may have: a setting from outside must not invent one."""

from __future__ import annotations

from pydantic import BaseModel

from accelsim.config.document import Document
from accelsim.config.errors import choose_from
from accelsim.config.expected import field_type, fields, unwrap
from accelsim.config.node import Node, dotted, step


def unknown_key(path: tuple[str, ...], base: Document, model: type[BaseModel]) -> str | None:
    """Say what is wrong with a key, or return None: it is followed through the schema and the document.

    A misspelt unit or population would else become a new one that nothing uses, and setting it would change
    nothing. Parameters that a controller, rule or neuron model checks by name are left to it.

    Parameters
    ----------
    path
        The key.
    base
        The document that is to be changed.
    model
        Its schema.
    """
    expected = unwrap(model)
    node: Node | None = base.root
    for depth, key in enumerate(path):
        child = step(node, key) if node is not None else None
        if expected.model is not None:
            known, inner = list(fields(expected.model)), field_type(expected.model, key)
        elif expected.kind == "mapping":
            inner = unwrap(expected.arguments[1])
            entries = list(node.value) if node is not None and isinstance(node.value, dict) else []
            # Entries of models and counts are the file's own; others are parameters that some plug-in knows.
            known = entries if inner.kind in ("model", "scalar") else [key]
        else:
            return None
        if key not in known:
            return f"{dotted(path[:depth]) or f'the {base.kind}'} has no `{key}`{choose_from(key, known)}"
        expected, node = inner, child
    return None
