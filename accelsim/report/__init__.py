"""What a run or a sweep gave, for people: a terminal summary, figures and one self-contained page."""

from accelsim.report.load import RunData, load_run
from accelsim.report.summary import print_summary, summary, summary_lines
from accelsim.report.write import report

__all__ = ["RunData", "load_run", "print_summary", "report", "summary", "summary_lines"]
