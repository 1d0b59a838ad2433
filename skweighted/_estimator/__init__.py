"""Where what mistakes cost meets how a network is trained."""
