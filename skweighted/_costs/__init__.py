"""What mistakes cost, and what that does to probabilities: NumPy and SciPy only."""
