"""How Sphinx builds the documentation.

sphinx-build -W --keep-going -b html docs build/html
"""

import os

# Set before TensorFlow loads. skweighted silences all but errors, but an example of the
# gallery may import Keras first.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import skweighted

project = "skweighted"
author = "the skweighted developers"
copyright = author
release = skweighted.__version__
version = release

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["build", "gallery", "_templates"]
templates_path = ["_templates"]
default_role = "literal"  # as in scikit-learn: `X` in a docstring is code
needs_sphinx = "9.0"

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

# A reference to a missing name of this project is an error. Those to other projects
# stay text, because intersphinx needs network access.
nitpicky = True
nitpick_ignore_regex = [(r"py:.*", r"(imblearn|keras|scikeras|sklearn|statistics)\b.*")]

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r"\.py",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "within_subsection_order": "FileNameSortKey",
    "plot_gallery": True,
    "min_reported_time": 30,
}

html_theme = "pydata_sphinx_theme"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_sidebars = {page: [] for page in ("index", "start", "changelog")}
html_title = "skweighted"
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
