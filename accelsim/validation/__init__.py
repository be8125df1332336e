"""Golden cases and their comparison: every claim of accuracy is a case that can be replayed."""

from accelsim.validation.runner import CaseReport, Check, validate_folder

__all__ = ["CaseReport", "Check", "validate_folder"]
