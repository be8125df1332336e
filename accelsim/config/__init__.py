"""Configuration files: YAML with located errors, units, inheritance, overrides and plug-in registries.

The package root exports only what is cheap to import; `model`, `quantity` and `schema` need pydantic.
"""

from accelsim.config.errors import ConfigError, Problem, did_you_mean, nearest

__all__ = ["ConfigError", "Problem", "did_you_mean", "nearest"]
