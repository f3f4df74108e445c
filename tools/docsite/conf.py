# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx builds the documentation site. `make docs` runs it; nothing is fetched from other sites."""

from __future__ import annotations

from typing import Any

from docutils import nodes

project = "ssmops.automation"
author = "Contributors to the ssmops.automation project"
project_copyright = author
title = html_title = "ssmops.automation"
html_short_title = "ssmops.automation"

extensions = ["sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
_REPOSITORY = "https://github.com/ssmops/ssmops.automation"
html_theme_options = {
    "documentation_home_url": _REPOSITORY,
    "topbar_links": {"Repository": _REPOSITORY, "Issues": f"{_REPOSITORY}/issues"},
}
html_show_sphinx = False
html_use_index = False
html_copy_source = False
exclude_patterns = ["environment_variables.rst"]
html_static_path = ["static"]
html_css_files = ["site.css"]
pygments_style = "ansible"
highlight_language = "yaml+jinja"

default_role = "any"
# Every reference has to resolve, also those that Sphinx would let pass.
nitpicky = True

# Where Ansible has its documentation. No inventory is fetched: labels tell the addresses.
_ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
_LABEL = "ansible_collections."
_PAGES = {"common_return_values": "reference_appendices/common_return_values.html"}


def _address(label: str) -> str:
    """The address that a label of Ansible's documentation means, or an empty string for other labels."""
    if label in _PAGES:
        return f"{_ANSIBLE}/{_PAGES[label]}"
    namespace, _dot, rest = label.removeprefix(_LABEL).partition(".")
    name, _dot, plugin = rest.partition(".")
    is_page = label.startswith(_LABEL) and plugin.endswith(("_module", "_filter", "_role"))
    return f"{_ANSIBLE}/collections/{namespace}/{name}/{plugin}.html" if is_page and namespace != "ssmops" else ""


def _link_to_ansible(app: Any, env: Any, node: Any, contents: nodes.TextElement) -> nodes.reference | None:
    """Resolve a reference to a page of Ansible's documentation; Sphinx asks for those that it has not found here."""
    address = _address(node.get("reftarget", ""))
    return nodes.reference("", "", contents, internal=False, refuri=address) if address else None


def setup(app: Any) -> None:
    """Let Sphinx ask for references that it does not find here."""
    app.connect("missing-reference", _link_to_ansible)
