"""The counts that `make bench` prints hold, and it leaves nothing behind."""

import subprocess
import sys

from tests.support.servers.servers import ROOT

COUNTS = 9


def test_every_count_of_the_quick_run_holds() -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    _, _, *figures = done.stdout.splitlines()
    assert [line.split()[-1] for line in figures] == ["yes"] * COUNTS, done.stdout + done.stderr
    assert done.returncode == 0
