"""A fitted classifier in a file, with a card that says what it is and what it needs."""
