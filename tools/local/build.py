"""Builds what the local stack runs: the functions and the tools, by the `local` profile."""

import subprocess

from settings import FUNCTIONS, PROFILE, ROOT, TOOLS, fail

EVERYTHING = (*(f"fn-{name}" for name in FUNCTIONS.values()), *TOOLS)


def build(packages: tuple[str, ...] = EVERYTHING) -> None:
    """One cargo call for all, so that it plans the whole build at once."""
    command = ["cargo", "build", "--profile", PROFILE, "--locked", "--bins"]
    command += [part for package in packages for part in ("-p", package)]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        fail("the build failed")


if __name__ == "__main__":
    build()
