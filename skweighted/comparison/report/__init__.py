"""Views of a comparison: text, Markdown, pictures and a page."""
