"""The documents lead to what is there: files, headings, targets, decisions, drawings."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs/decisions"
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [path for path in sorted(DECISIONS.glob("*.md")) if path.name != "README.md"]

FENCE = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
FOLDERS = "accounts|benchmarks|docs|facilities|locale|maintenance|pcare|scripts|static|templates|tests"
PROJECT_PATH = re.compile(rf"(?<![\w./-])(?:{FOLDERS})/[\w./-]*")
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
    assert "```mermaid" in text(ROOT / "docs/architecture.md")
