"""ONNX models of fitted estimators: preparation, networks and decision in one file."""
