"""The Dockerfile and .dockerignore, read as a build reads them."""

import re
import shlex
import shutil
from pathlib import Path
from typing import NamedTuple

from tests.support.servers.servers import ROOT


class Step(NamedTuple):
    """One instruction of the Dockerfile."""

    word: str
    text: str


def stages() -> list[list[Step]]:
    """Return the steps of each stage, the last one is the image."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r" *\\\n *", " ", text).splitlines()
    steps = [Step(*line.strip().split(maxsplit=1)) for line in lines if line.strip()]
    starts = [number for number, step in enumerate(steps) if step.word == "FROM"]
    return [steps[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


def steps(word: str, stage: int = -1) -> list[str]:
    """Return the texts of a stage's steps of one kind."""
    return [step.text for step in stages()[stage] if step.word == word]


def environment() -> dict[str, str]:
    """Return the variables that the image sets."""
    return dict(pair.split("=", 1) for text in steps("ENV") for pair in shlex.split(text))


def contents() -> list[str]:
    """Return what .dockerignore lets into the image: files and folders of the project."""
    return [line[1:] for line in ignore_lines() if line.startswith("!")]


def ignore_lines() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def copy_to(folder: Path) -> Path:
    """Lay out the folder as the image's COPY does; return it."""
    folder.mkdir()
    for name in contents():
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(source, folder / name)
    return folder
