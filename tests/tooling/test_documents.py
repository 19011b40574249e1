"""The documents lead to what is there: files, modules, headings, targets, decisions, tables, drawings."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.module_loading import import_string

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs/decisions"
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
PAGES = [path for path in sorted(DECISIONS.glob("*.md")) if path.name != "README.md"]

FENCE = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
FOLDERS = "accounts|benchmarks|deploy|docs|facilities|locale|maintenance|pcare|scripts|static|templates|tests"
MODULES = {path.name for name in ("", *FOLDERS.split("|")) for path in ROOT.glob(f"{name}/**/*.py" if name else "*.py")}
PROJECT_PATH = re.compile(rf"(?<![\w./-])(?:{FOLDERS})/[\w./-]*")
MODULE = re.compile(r"(?:\w+\.)*\w+\.py")
DOTTED = re.compile(rf"(?:{FOLDERS})(?:\.\w+){{2,}}")
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
TARGET = re.compile(r"\bmake ([a-z][a-z-]*)\b")
HEADINGS = ["Context", "Decision", "What it costs", "What would change it"]
DIAGRAMS = {"flowchart", "sequenceDiagram", "stateDiagram-v2", "erDiagram"}


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """Return a document without its blocks of code."""
    return FENCE.sub("", text(path))


def anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    titles = [re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in HEADING.findall(prose(path))]
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def code(path: Path) -> Iterator[str]:
    """Return what stands in backticks and in blocks of code."""
    yield from IN_BACKTICKS.findall(prose(path))
    yield from (block for language, block in FENCE.findall(text(path)) if language != "mermaid")


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
each_page = pytest.mark.parametrize("page", PAGES, ids=ids)


@each_document
def test_links_lead_to_files_and_headings(document: Path) -> None:
    broken = []
    for link in LINK.findall(prose(document)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@each_document
def test_targets_of_make_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", text(ROOT / "Makefile"), re.MULTILINE))
    assert {name for piece in code(document) for name in TARGET.findall(piece)} - targets == set()


@each_document
def test_paths_exist(document: Path) -> None:
    named = {path for piece in code(document) for path in PROJECT_PATH.findall(piece)}
    assert {path for path in named if not (ROOT / path).exists()} == set()


@each_document
def test_modules_named_without_a_folder_exist(document: Path) -> None:
    named = {piece for piece in IN_BACKTICKS.findall(prose(document)) if MODULE.fullmatch(piece)}
    assert named - MODULES == set()


@each_document
def test_dotted_names_exist(document: Path) -> None:
    missing = set()
    for name in {piece for piece in IN_BACKTICKS.findall(prose(document)) if DOTTED.fullmatch(piece)}:
        try:
            import_string(name)
        except ImportError:
            missing.add(name)
    assert missing == set()


@each_document
def test_tables_have_a_head(document: Path) -> None:
    """An empty line in a table would make text of the rows after it."""
    tables = [table.splitlines() for table in TABLE.findall(prose(document))]
    assert [rows[0] for rows in tables if len(rows) < 3 or not re.fullmatch(r"\|(?:-+\|)+", rows[1])] == []


@each_page
def test_decision_is_in_the_index_under_its_title(page: Path) -> None:
    title = HEADING.findall(text(page))[0]
    assert f"| [{title}]({page.name}) |" in text(DECISIONS / "README.md")


@each_page
def test_decision_has_its_four_parts(page: Path) -> None:
    assert HEADING.findall(prose(page))[1:] == HEADINGS


@each_document
def test_drawings_are_of_a_known_kind(document: Path) -> None:
    drawings = [block for language, block in FENCE.findall(text(document)) if language == "mermaid"]
    assert {block.split()[0] for block in drawings} <= DIAGRAMS


def test_there_is_something_to_look_at() -> None:
    """Patterns that find nothing would prove nothing."""
    everything = [piece for document in DOCUMENTS for piece in code(document)]
    assert len(PAGES) >= 12
    assert sum(len(TARGET.findall(piece)) for piece in everything) >= 5
    assert sum(len(PROJECT_PATH.findall(piece)) for piece in everything) >= 20
    assert sum(len(LINK.findall(prose(document))) for document in DOCUMENTS) >= 20
    assert sum(len(TABLE.findall(prose(document))) for document in DOCUMENTS) >= 10
    assert sum(1 for piece in everything if MODULE.fullmatch(piece)) >= 10
    assert sum(1 for piece in everything if DOTTED.fullmatch(piece)) >= 1
    assert "```mermaid" in text(ROOT / "docs/architecture.md")
