"""Make the virtual environment the portal runs in, from the pinned requirements."""

# Written so that Python 3.6 can still parse it: an old interpreter must reach the sentence below.
import argparse
import hashlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
STAMP = ".requirements"
BUILD_TOOLS = ".build-requirements.txt"
PIP_LINES = 6


class BootstrapError(Exception):
    """What failed and what to do, in one sentence."""


def version_problem(version: tuple) -> str:
    """Return the sentence about an interpreter that is too old, or nothing."""
    if tuple(version[:2]) >= OLDEST:
        return ""
    found = ".".join(str(part) for part in version[:3])
    return (
        f"The portal needs Python 3.11 or later, found {found}: install it, or name one with make run PYTHON=python3.12"
    )


def fingerprint(requirements: Path) -> str:
    """Return what the finished environment was made from: the pins and the interpreter."""
    pins = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return f"{pins} {sys.version} {sys.base_prefix}"


def is_current(venv: Path, wanted: str) -> bool:
    """Tell whether the environment is finished and made from what is wanted now."""
    stamp = venv / STAMP
    return (venv / "bin" / "python").exists() and stamp.is_file() and stamp.read_text() == wanted


def check_may_clear(venv: Path) -> None:
    """Refuse to empty a folder that is not a virtual environment."""
    ours = venv.name.startswith(".venv") or (venv / "pyvenv.cfg").is_file()
    if venv.exists() and not ours and (not venv.is_dir() or any(venv.iterdir())):
        raise BootstrapError(f"{venv} is not a virtual environment: name another folder with VENV=.venv")


def create(venv: Path) -> None:
    """Make an empty environment, in place of a half-finished or outdated one."""
    # Debian ships Python without ensurepip; venv would stop half-way with a page of advice.
    if importlib.util.find_spec("ensurepip") is None:
        raise BootstrapError(f"{sys.executable} cannot make virtual environments: apt install python3-venv")
    check_may_clear(venv)
    # --clear keeps a file or link of that name, and a link would lead the clearing elsewhere.
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(venv)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    if made.returncode != 0:
        show_end(made.stdout)
        raise BootstrapError(
            f"The virtual environment {venv} could not be made: see above, or apt install python3-venv"
        )


def install(venv: Path, requirements: Path) -> None:
    """Install exactly what is pinned, each file checked against its hash."""
    print("Installing the pinned dependencies (about a minute, once) ...", flush=True)
    # One dependency comes as source only. By itself pip would fetch whatever setuptools is newest to
    # build it, unchecked; so the pinned one goes first and builds.
    tools = pins_of("setuptools", requirements)
    if tools:
        (venv / BUILD_TOOLS).write_text(tools)
        pip_install(venv, venv / BUILD_TOOLS)
    pip_install(venv, requirements)


def pins_of(package: str, requirements: Path) -> str:
    """Return the lines of one package: its version and the hashes below it."""
    found = re.search(rf"^{package}==(?:.*\\\n)*.*$", requirements.read_text(), re.MULTILINE)
    return found.group() if found else ""


def pip_install(venv: Path, requirements: Path) -> None:
    """Run pip; what it says is shown only when it fails."""
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    done = subprocess.run(
        [
            *pip,
            "--disable-pip-version-check",
            "--no-build-isolation",
            "--require-hashes",
            "-r",
            str(requirements),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    if done.returncode != 0:
        show_end(done.stdout)
        raise BootstrapError(
            f"The dependencies in {requirements.name} could not be installed: "
            "check the network and the disk, then start again"
        )


def show_end(output: str) -> None:
    """Print the last lines of a tool that failed."""
    for line in output.strip().splitlines()[-PIP_LINES:]:
        print("  " + line.rstrip(), file=sys.stderr)


def bootstrap(venv: Path, requirements: Path) -> None:
    """Bring the environment up to date; nothing is done when it is."""
    if not requirements.is_file():
        raise BootstrapError(f"{requirements} is missing: get the whole repository")
    wanted = fingerprint(requirements)
    if is_current(venv, wanted):
        return
    create(venv)
    install(venv, requirements)
    # Last, so that an interrupted start leaves no stamp and is made anew.
    (venv / STAMP).write_text(wanted)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", default=os.environ.get("VENV") or ".venv", help="default: VENV or .venv")
    parser.add_argument("--requirements", default="requirements.txt")
    return parser.parse_args()


def main() -> int:
    problem = version_problem(sys.version_info)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    arguments = parse_arguments()
    # As Ctrl-C: pip must not go on alone.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        bootstrap(ROOT / arguments.venv, ROOT / arguments.requirements)
    except BootstrapError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The virtual environment could not be written: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the next start begins anew.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
