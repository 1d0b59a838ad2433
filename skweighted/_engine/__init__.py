"""The training engine: from values to a `TrainingResult`, independent of estimators."""
