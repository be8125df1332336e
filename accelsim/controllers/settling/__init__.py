"""Networks of graded activities that settle before they learn: dense layers on an array of multipliers."""
