"""The search over class weights and other parameters, whose networks train together."""
