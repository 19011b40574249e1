"""Where things are: packages say what they hold, tests mirror them and lean on nothing but their helpers."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers.servers import ROOT

APPS = ("accounts", "facilities", "maintenance", "pcare")
MARKERS = {"management/commands", "migrations", "templatetags"}  # folders that Django wants, whose name says it all


def packages() -> Iterator[Path]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("__init__.py")):
            if not any(str(path.parent).endswith(marker) for marker in MARKERS):
                yield path


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports names from, and what it takes from packages."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize("path", list(packages()), ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_each_package_says_in_one_sentence_what_is_in_it(path: Path) -> None:
    module = ast.parse(path.read_text(encoding="utf-8"))
    said = ast.get_docstring(module) or ""
    assert said.endswith(".") and "\n" not in said
    names = [node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom)]
    declares = any(isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__" for node in module.body)
    assert declares or not names, "it exports something by accident"


def test_no_test_imports_from_another_test_module() -> None:
    for path in sorted((ROOT / "tests").rglob("*.py")):
        wrong = {name for name in imported(path) if name.startswith("tests.") and not name.startswith("tests.support")}
        assert wrong == set(), path


def test_benchmarks_lean_on_the_helpers_alone() -> None:
    for path in sorted((ROOT / "benchmarks").rglob("*.py")):
        wrong = {name for name in imported(path) if name.startswith("tests.") and not name.startswith("tests.support")}
        assert wrong == set(), path


@pytest.mark.parametrize("app", ["accounts", "maintenance"])
def test_tests_mirror_the_sub_packages(app: str) -> None:
    subjects = {path.parent.name for path in packages() if path.parent.parent == ROOT / app}
    mirrored = {path.name for path in (ROOT / "tests" / app).iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert mirrored <= subjects
