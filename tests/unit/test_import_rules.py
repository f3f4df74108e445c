# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the tree of packages, held against the code. Each test lists all places that break its rule."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

ROOT = Path(__file__).resolve().parents[2]
PLUGINS, TESTS = ROOT / "plugins", ROOT / "tests" / "unit"
PACKAGE = PLUGINS / "module_utils" / "_automation"
FILES = sorted(PACKAGE.glob("*/*.py"))

# Imports stay within a package or go further down; packages on one level do not know each other.
LEVELS = [{"batch"}, {"signal", "run"}, {"runtime"}, {"output"}, {"aws"}, {"options"}, {"model"}]
MOST_FILES = 12
# What a client has for calls, by the names that boto3 gives them.
CALLS = {"get_paginator", "get_waiter"} | {
    xform_name(operation)
    for service in ("ssm", "sts")
    for operation in botocore.session.get_session().get_service_model(service).operation_names
}
SDK_IMPORT = re.compile(r"(import|from) (boto3|botocore)\b")
SENTENCE = re.compile(r"\w[,;:]? \w")


def test_imports_go_downwards():
    assert {path.parent.name for path in FILES} == set().union(*LEVELS)
    assert not [
        f"{path.relative_to(PACKAGE)} imports {other.relative_to(PACKAGE)}"
        for path in FILES
        for other in imports(path)
        if other.parent != path.parent and level_of(other) <= level_of(path)
    ]


def test_only_aws_makes_calls():
    others = [path for path in sorted(PLUGINS.rglob("*.py")) if path.parent != PACKAGE / "aws"]
    assert not [
        f"{path.relative_to(PLUGINS)}: {found}"
        for path in others
        for found in [*sdk_imports(parsed(path)), *calls(parsed(path))]
    ]


def test_the_runtime_has_no_sentence_for_users():
    in_runtime = [path for path in FILES if path.parent.name == "runtime"]
    assert not [f"{path.name}: {found}" for path in in_runtime for found in sentences(parsed(path))]


def test_packages_are_small_and_their_init_is_empty():
    packages = {path.parent for path in FILES}
    assert not [path for path in packages if (path / "__init__.py").read_text(encoding="utf-8")]
    assert not [path for path in packages if len(list(path.glob("*.py"))) - 1 > MOST_FILES]


def test_every_file_that_reaches_no_call_has_its_test():
    pure = [path for path in FILES if has_functions(path) and PACKAGE / "aws" / "api.py" not in reached(path)]
    tests = [TESTS / path.relative_to(ROOT).parent / f"test_{path.name}" for path in pure]
    assert not [str(path.relative_to(TESTS)) for path in tests if not path.is_file()]


def test_every_test_is_named_after_what_it_tests():
    tests = sorted(path.relative_to(TESTS) for path in TESTS.glob("plugins/**/test_*.py"))
    assert not [str(path) for path in tests if not (ROOT / path).with_name(path.name[len("test_") :]).is_file()]


def level_of(path: Path) -> int:
    return next(number for number, level in enumerate(LEVELS) if path.parent.name in level)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> list[Path]:
    """Return the files of the private package that a file imports, be it for types alone."""
    named = {each for node in ast.walk(parsed(path)) for each in imported(node, path)}
    return sorted(each for each in named if PACKAGE in each.parents and each.is_file())


def imported(node: ast.AST, path: Path) -> Iterator[Path]:
    if isinstance(node, ast.Import):
        yield from (from_root(alias.name).with_suffix(".py") for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        names = node.module.split(".") if node.module else []
        start = path.parents[node.level - 1].joinpath(*names) if node.level else from_root(".".join(names))
        yield start.with_suffix(".py")
        yield from (start / f"{alias.name}.py" for alias in node.names)


def from_root(module: str) -> Path:
    return ROOT.joinpath(*module.removeprefix("ansible_collections.ssmops.automation.").split("."))


def reached(path: Path) -> set[Path]:
    """Return a file, what it imports, what that imports, and so on."""
    found, to_visit = {path}, [path]
    while to_visit:
        new = set(imports(to_visit.pop())) - found
        found |= new
        to_visit += new
    return found


def sdk_imports(tree: ast.AST) -> Iterator[str]:
    """Yield the imports of boto3 and botocore, but for those under TYPE_CHECKING."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        is_import = isinstance(node, (ast.Import, ast.ImportFrom))
        if is_import and SDK_IMPORT.match(ast.unparse(node)):
            yield ast.unparse(node)
        yield from sdk_imports(node)


def calls(tree: ast.AST) -> Iterator[str]:
    """Yield where a client is made, and where a call is taken from it; the functions of aws/api.py are no client's."""
    for node in ast.walk(tree):
        makes_client = (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "client"
        )
        is_call = isinstance(node, ast.Attribute) and node.attr in CALLS and ast.unparse(node.value) != "api"
        if makes_client or is_call:
            yield ast.unparse(node)


def sentences(tree: ast.AST) -> Iterator[str]:
    """Yield texts of two words or more, but for docstrings; a value in an f-string counts as a word."""
    for node in ast.iter_child_nodes(tree):
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if SENTENCE.search(text_of(node)):
            yield ast.unparse(node)
        elif not is_docstring:
            yield from sentences(node)


def text_of(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "value" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def has_functions(path: Path) -> bool:
    return any(isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) for node in ast.walk(parsed(path)))
