"""Builds what the local stack runs: the functions and the tools, by the `local` profile."""

import subprocess

from settings import FUNCTIONS, PROFILE, ROOT, TOOLS, TOOLS_OF_TESTS, fail

EVERYTHING = (*(f"fn-{name}" for name in FUNCTIONS.values()), *TOOLS)


def build(packages: tuple[str, ...] = EVERYTHING) -> None:
    """One cargo call for all, so that it plans the whole build at once."""
    command = ["cargo", "build", "--profile", PROFILE, "--locked", "--bins"]
    command += [part for package in packages for part in ("-p", package)]
    _run(command)


def build_tools() -> None:
    """The tools alone; with the tests, where those are wanted anyway, since
    another choice of packages would be another build of all dependencies."""
    if TOOLS_OF_TESTS:
        _run(["cargo", "build", "--locked", "--workspace", "--bins", "--tests"])
    else:
        build(TOOLS)


def _run(command: list[str]) -> None:
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        fail("the build failed")


if __name__ == "__main__":
    build()
