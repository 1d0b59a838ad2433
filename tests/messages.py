"""Whole messages, as patterns for `pytest.raises(match=...)`."""

import re


def whole(message):
    """Return a pattern that matches exactly this message."""
    return f"^{re.escape(message)}$"
