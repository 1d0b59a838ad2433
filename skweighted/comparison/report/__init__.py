"""Views of a comparison: text, Markdown, figures and a page."""
