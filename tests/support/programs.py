"""Find the programs of the tests that no Python wheel brings, or install them where that is possible."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

FOLDERS = [os.environ.get("PATH", os.defpath), "/usr/sbin"]  # nginx is an administrator's program


@dataclass(frozen=True)
class Program:
    """A program, under the names that it has on different systems; a variable can say where it is."""

    title: str
    names: tuple[str, ...]
    package: str
    variable: str

    def find(self) -> str | None:
        """Return its path, None without it; the variable decides when it is set."""
        if chosen := os.environ.get(self.variable):
            path = shutil.which(chosen)
            if path is None:
                sys.exit(f"{self.variable} is set to {chosen!r}, which cannot be run.")
            return path
        found = (shutil.which(name, path=os.pathsep.join(FOLDERS)) for name in self.names)
        return next((path for path in found if path), None)

    def install(self) -> None:
        """Install it from the system's own packages; what that prints goes to stderr."""
        print(f"Installing {self.title} (about a minute, once) ...", file=sys.stderr, flush=True)
        # In runlevel 1 no package starts a service of its own.
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        steps = (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", self.package])
        for step in steps:
            done = subprocess.run(["apt-get", *step], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            # A failed update may only concern a source that is not needed: the installation decides.
            if done.returncode != 0 and step[0] == "install":
                print(done.stdout.decode(errors="replace")[-1000:], file=sys.stderr)

    def find_or_install(self) -> str:
        """Return its path, or end with one sentence."""
        path = self.find()
        if path is None and os.geteuid() == 0 and shutil.which("apt-get"):
            self.install()
            path = self.find()
        if path is None:
            sys.exit(
                f"The tests need {self.title}: install it (apt install {self.package}), "
                f"or set {self.variable} to its path."
            )
        return path


CHROMIUM = Program("Chromium", ("chromium", "chromium-browser", "google-chrome"), "chromium", "CHROMIUM")
NGINX = Program("nginx", ("nginx",), "nginx-light", "NGINX")


if __name__ == "__main__":
    for program in (CHROMIUM, NGINX):
        print(program.find_or_install())
