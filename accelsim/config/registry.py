"""Named implementations: built-in ones by module path, others by decorator or installed entry point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from accelsim.config.errors import did_you_mean

T = TypeVar("T")


class RegistryError(ValueError):
    """A plug-in that cannot be used; a ValueError, so that validators report it where its name stands."""


class UnknownNameError(RegistryError, LookupError):
    """No implementation of that name."""


class Registry(Generic[T]):
    """Implementations of one kind by name.

    Parameters
    ----------
    kind
        What is registered, in words: ``plasticity rule``.
    entry_point_group
        Group under which installed packages offer more, or None.
    builtin
        ``{name: "module:attribute"}``; imported when first asked for, so that listing names is cheap.
    """

    def __init__(
        self, kind: str, entry_point_group: str | None = None, builtin: Mapping[str, str] | None = None
    ) -> None:
        self.kind = kind
        self.entry_point_group = entry_point_group
        self._builtin = dict(builtin or {})
        self._registered: dict[str, T] = {}
        self._entry_points: dict[str, EntryPoint] | None = None

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that registers a class or function under `name`.

        Raises
        ------
        RegistryError
            If another module has the name already.
        """

        def add(thing: T) -> T:
            known = _origin(self._registered[name]) if name in self._registered else self._builtin.get(name)
            if known is not None and known != _origin(thing):
                raise self._clash(name, known, _origin(thing))
            self._registered[name] = thing
            return thing

        return add

    def names(self) -> list[str]:
        """Return every name, sorted, without importing any implementation."""
        return sorted({*self._builtin, *self._registered, *self._discovered()})

    def get(self, name: str) -> T:
        """Return the implementation.

        Raises
        ------
        UnknownNameError
            If there is none of that name; the message lists the names there are.
        RegistryError
            If two packages offer the name or the installed one cannot be imported.
        """
        point = self._discovered().get(name)
        if point is not None:
            thing = self._load(point)
            if self._registered.setdefault(name, thing) is not thing:
                raise self._clash(name, _origin(self._registered[name]), _described(point))
        elif name in self._builtin:
            module, _, attribute = self._builtin[name].partition(":")
            self._registered[name] = getattr(import_module(module), attribute)
        elif name not in self._registered:
            listed = ", ".join(self.names()) or "none"
            hint = did_you_mean(name, self.names())
            raise UnknownNameError(f"unknown {self.kind} `{name}`{hint}; there are: {listed}")
        return self._registered[name]

    def _load(self, point: EntryPoint) -> T:
        try:
            return cast(T, point.load())
        except Exception as error:  # whatever a foreign module does while it is imported
            reason = f"{type(error).__name__}: {error}"
            raise RegistryError(
                f"the {self.kind} `{point.name}` of {_described(point)} cannot be loaded: {reason}"
            ) from error

    def _discovered(self) -> dict[str, EntryPoint]:
        if self._entry_points is None:
            found: dict[str, EntryPoint] = {}
            group = self.entry_point_group
            for point in entry_points(group=group) if group else ():
                # A package that is on the path twice lists the same entry twice.
                first = self._builtin.get(point.name)
                if point.name in found:
                    first = _described(found[point.name])
                if first is not None and first != _described(point):
                    raise self._clash(point.name, first, _described(point))
                found[point.name] = point
            self._entry_points = found
        return self._entry_points

    def _clash(self, name: str, first: str, second: str) -> RegistryError:
        return RegistryError(f"the {self.kind} `{name}` is defined twice: by {first} and by {second}")


def _origin(thing: object) -> str:
    return f"{getattr(thing, '__module__', '?')}:{getattr(thing, '__qualname__', type(thing).__qualname__)}"


def _described(point: EntryPoint) -> str:
    return f"{point.value} (package {point.dist.name})" if point.dist is not None else point.value
