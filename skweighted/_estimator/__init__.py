"""The classifiers, which combine costs and class weights with training."""
