"""What a sweep gave: its points, fronts and effects, in figures and on an interactive page."""
