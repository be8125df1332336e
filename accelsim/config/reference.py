"""Pages of reference from schemas: every key of a kind of document, in Markdown.

All of a page comes from the models: types, bounds and defaults from their fields, words from their docstrings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from accelsim.config.quantity import format_quantity

Schema = Mapping[str, Any]

EXTENDS = (
    "`extends` is a key of every such file: another file, or the name of a shipped one, whose values hold where this "
    "file gives none. Mappings are merged key by key, lists are replaced as a whole, and `null` removes a key."
)
COLUMNS = (
    "*Type* tells what may stand there; a quantity is text with a unit, any prefix of it will do. *Default* holds "
    "where the key is left out; `-` means that it is then not there."
)
ROLES = (
    " *Changes* tells what another value can alter: the `function` (what is computed), the `timing`, or the `cost` "
    "alone. Sweeps and `accelsim recost` compute again only what a change can alter."
)
_ROLES = {"functional": "function", "timing": "timing", "cost": "cost", "note": "nothing"}
_TYPES = {"integer": "whole number", "number": "number", "string": "text", "boolean": "`true` or `false`"}
_BOUNDS = (
    ("exclusiveMinimum", ">"), ("gt", ">"), ("minimum", "≥"), ("ge", "≥"),
    ("exclusiveMaximum", "<"), ("lt", "<"), ("maximum", "≤"), ("le", "≤"),
)  # fmt: skip


def reference(kind: str, models: Sequence[type[BaseModel]]) -> str:
    """Return the page of a kind of document as Markdown.

    Parameters
    ----------
    kind
        First key of such documents, such as ``architecture``.
    models
        What one may be: each has a section, and one for every model below it.
    """
    told: dict[tuple[str, str], str] = {}
    forms = [_Form(model, f"{model.__name__.lower()}-" if i else "", told) for i, model in enumerate(models)]
    title = kind.replace("_", " ")
    lines = [f"# Every key of {'an' if title[0] in 'aeiou' else 'a'} {title} file", ""]
    if len(forms) > 1:
        lines += ["Such a file describes one of these:", ""]
        lines += [f"* [{form.title('')}](#{form.anchor('')}): {_first_sentence(form.model(''))}" for form in forms]
        lines.append("")
    lines += [EXTENDS, "", COLUMNS + (ROLES if any(form.has_roles for form in forms) else ""), ""]
    lines += [f"This page is written by `accelsim schema {kind} --format markdown`.", ""]
    for form in forms:
        lines += form.sections()
    return "\n".join(lines).rstrip() + "\n"


class _Form:
    """A model of a document and the models below it, by name; the document's own has none.

    `told` holds the anchors of all models of the page by name and content: each is told once.
    """

    def __init__(self, model: type[BaseModel], prefix: str, told: dict[tuple[str, str], str]) -> None:
        self._body: Schema = model.model_json_schema(mode="validation", by_alias=True)
        self.places: dict[str, list[str]] = {"": []}
        """Keys under which each model stands, in the order in which they are reached."""
        names = [""]
        for name in names:
            for key, field in self._fields(name).items():
                place = f"{self.places[name][0]}.{key}" if name else key
                for found, at in _references(field, place):
                    if found not in self.places:
                        names.append(found)
                    if at not in (known := self.places.setdefault(found, [])):
                        known.append(at)
        self.new = [name for name in names if (name, json.dumps(self.model(name))) not in told]
        for name in self.new:
            slug = re.sub(r"[^a-z0-9]+", "-", name.lower().removeprefix("accelsim")).strip("-")
            told[name, json.dumps(self.model(name))] = prefix + slug if name else self.title("").lower()
        self._anchors = {name: told[name, json.dumps(self.model(name))] for name in names}
        self.has_roles = any("role" in field for name in names for field in self._fields(name).values())

    def model(self, name: str) -> Schema:
        found: Schema = self._body["$defs"][name] if name else self._body
        return found

    def _fields(self, name: str) -> Schema:
        fields: Schema = self.model(name).get("properties", {})
        return fields

    def title(self, name: str) -> str:
        return str(self.model(name)["title"]).removesuffix("Document")

    def anchor(self, name: str) -> str:
        """Identifier of a model's section in the page."""
        return self._anchors[name]

    def sections(self) -> Iterator[str]:
        """Lines of the section of each model."""
        for name in self.new:
            places = self.places[name]
            yield from (f'<a id="{self.anchor(name)}"></a>', "")
            yield from (f"{'###' if name else '##'} {self.title(name)}", "")
            yield from _paragraphs(self.model(name).get("description", ""))
            if places:
                yield from (f"Stands at {', '.join(f'`{place}`' for place in places)}.", "")
            yield from (*self._table(name), "")

    def _table(self, name: str) -> Iterator[str]:
        changes = " changes |" if self.has_roles else ""
        yield f"| key | type | default |{changes} meaning |"
        yield f"|---|---|---|{'---|' if changes else ''}---|"
        required = self.model(name).get("required", ())
        for key, field in self._fields(name).items():
            anchor = f"{self.anchor(name)}.{key}"
            default = "required" if key in required else _default(field)
            cells = [f'<a id="{anchor}"></a>`{key}`', self._type(field), default]
            if changes:
                cells.append(_ROLES[field["role"]] if "role" in field else "")
            cells.append(self._meaning(field))
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

    def _meaning(self, field: Schema) -> str:
        """What a field's docstring says, or the docstring of the model that stands there."""
        if "description" in field and not (
            "unit" in field and field["description"].endswith(f"`{field['examples'][0]}`")
        ):
            return _flat(str(field["description"]))
        if "const" in field:
            return "Tells which of the alternatives it is."
        found = [name for name, _ in _references(field, "")]
        return _first_sentence(self.model(found[0])) if len(found) == 1 else ""

    def _type(self, node: Schema) -> str:
        """What may stand there, in words."""
        if "$ref" in node:
            name = node["$ref"].rsplit("/", 1)[-1]
            return f"[{self.title(name)}](#{self.anchor(name)})"
        if "unit" in node:
            return f"{node['dimension'].replace('/', ' per ')}, e.g. `{node['examples'][0]}`{_bounds(node)}"
        if "const" in node:
            return f"`{node['const']}`"
        if "enum" in node:
            return ", ".join(f"`{value}`" for value in node["enum"])
        if "anyOf" in node or "oneOf" in node:
            branches = node.get("anyOf", node.get("oneOf", ()))
            return " or ".join(dict.fromkeys(self._type(each) for each in branches if each.get("type") != "null"))
        if node.get("type") == "array":
            if "prefixItems" in node:
                return f"list of {len(node['prefixItems'])}: {', '.join(map(self._type, node['prefixItems']))}"
            return f"list of {self._type(node.get('items', {}))}"
        if node.get("type") == "object":
            values = node.get("additionalProperties", True)
            return "mapping" if values is True else f"mapping from names to {self._type(values)}"
        return f"{_TYPES.get(node.get('type', ''), 'anything')}{_bounds(node)}"


def _references(node: Any, place: str) -> Iterator[tuple[str, str]]:
    """Models named in a schema, and the keys under which they stand; `NAME` is a key of the user's."""
    if isinstance(node, Mapping):
        if "$ref" in node:
            yield node["$ref"].rsplit("/", 1)[-1], place
        for branch in (*node.get("anyOf", ()), *node.get("oneOf", ())):
            yield from _references(branch, place)
        yield from _references(node.get("items"), f"{place}[]")
        yield from _references(node.get("additionalProperties"), f"{place}.NAME")


def _bounds(node: Schema) -> str:
    found = [f"{sign} {node[name]}" for name, sign in _BOUNDS if name in node]
    return " " + " and ".join(found) if found else ""


def _default(field: Schema) -> str:
    """The default of a field as a file has it; `-` where there is none."""
    value = field.get("default")
    if value in (None, "", [], {}) or isinstance(value, Mapping):
        return "-"
    units = [node["unit"] for node in (field, *field.get("anyOf", ())) if "unit" in node]
    if units and isinstance(value, int | float):
        return f"`{format_quantity(value, units[0])}`"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _first_sentence(model: Schema) -> str:
    text = _flat(str(model.get("description", "")))
    return re.split(r"(?<=[.;:]) ", text, maxsplit=1)[0].rstrip(";:")


def _flat(text: str) -> str:
    return _plain(" ".join(text.split()))


def _plain(text: str) -> str:
    """Markup of docstrings as Markdown, with what would be HTML as text."""
    text = re.sub(r":[a-z]+:`~?([^`<>]+)`", r"`\1`", text.replace("``", "`"))
    parts = text.split("`")  # every second one is code
    parts[::2] = [re.sub(r"<(?=[A-Za-z/])", "&lt;", part) for part in parts[::2]]
    return "`".join(parts)


def _paragraphs(docstring: str) -> Iterator[str]:
    """A docstring as Markdown, without its sections; its tables are shown as they stand."""
    for paragraph in re.split(r"\n\s*\n", docstring):
        if re.search(r"^-{3,}$", paragraph, re.MULTILINE):
            return
        if paragraph.startswith("==="):
            yield from ("```text", paragraph, "```", "")
        else:
            yield from (_flat(paragraph), "")
