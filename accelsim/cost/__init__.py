"""Energy, leakage and area of a run: components, accounting, published figures. Knows no chip."""
