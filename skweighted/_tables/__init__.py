"""Raw tables: what their columns hold, and how values become numbers."""
