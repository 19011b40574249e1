"""The tests that stay together in a run of several processes are there."""

from collections import Counter

from tests.support import distribution
from tests.support.servers.servers import ROOT


def test_each_name_is_that_of_one_file_or_folder_of_tests() -> None:
    files = list((ROOT / "tests").rglob("test_*.py"))
    names = Counter(file.name for file in files)
    named = distribution.MEASURED | distribution.LONG
    assert {name: names[name] for name in named} == dict.fromkeys(named, 1)
    assert {file.parent.name for file in files} >= distribution.TOGETHER


def test_groups_are_those_files_and_folders() -> None:
    files = [file.relative_to(ROOT) for file in (ROOT / "tests").rglob("test_*.py")]
    groups = Counter(distribution.group_of(f"{file}::test") for file in files)
    assert groups["measured"] == len(distribution.MEASURED)
    assert groups["browser"] == sum(file.parent.name == "browser" for file in files)
