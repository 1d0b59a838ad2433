"""The numerical engine: values in, a TrainingResult out; knows no estimator."""
