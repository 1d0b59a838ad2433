"""Costs, class weights and their effect on probabilities, without TensorFlow."""
