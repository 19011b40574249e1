"""Find the browser of the tests, or install it where that is possible."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "The tests need Chromium: install it (apt install chromium), or set CHROMIUM to its path."


def find() -> str | None:
    """Return the path of a Chromium that is there; CHROMIUM decides when it is set."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        path = shutil.which(chosen)
        if path is None:
            sys.exit(f"CHROMIUM is set to {chosen!r}, which cannot be run.")
        return path
    return next((path for path in map(shutil.which, NAMES) if path), None)


def install() -> None:
    """Install Chromium from the system's own packages; what it prints goes to stderr."""
    print("Installing Chromium (about a minute, once) ...", file=sys.stderr, flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", "chromium"])
    for step in steps:
        done = subprocess.run(["apt-get", *step], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        # A failed update may only concern a source that is not needed: the installation decides.
        if done.returncode != 0 and step[0] == "install":
            print(done.stdout.decode(errors="replace")[-1000:], file=sys.stderr)


def find_or_install() -> str:
    """Return the path of a Chromium, or end with one sentence."""
    path = find()
    if path is None and os.geteuid() == 0 and shutil.which("apt-get"):
        install()
        path = find()
    if path is None:
        sys.exit(MISSING)
    return path


if __name__ == "__main__":
    print(find_or_install())
