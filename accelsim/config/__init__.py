"""Configuration files: YAML with located errors, units, inheritance, overrides and plug-in registries.

The package root exports only what has no heavy import behind it; `model`, `quantity` and `schema` need pydantic.
"""

from accelsim.config.errors import ConfigError, Problem, did_you_mean, nearest

__all__ = ["ConfigError", "Problem", "did_you_mean", "nearest"]
