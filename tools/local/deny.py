"""Runs cargo-deny: licences, bans and sources always, advisories where it can.

The database of advisories comes from outside the package registries. Where it
cannot be fetched the check says so, and the rest still counts.
"""

import subprocess
import sys
from pathlib import Path

from processes import say
from settings import ROOT

FETCH_SECONDS_MAX = 120


def deny(tool: str, *arguments: str) -> bool:
    return subprocess.run([tool, *arguments], cwd=ROOT, check=False).returncode == 0


def fetched(tool: str) -> bool:
    try:
        done = subprocess.run(
            [tool, "fetch", "db"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=FETCH_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main() -> None:
    beside = Path(sys.executable).parent / "cargo-deny"
    tool = str(beside) if beside.is_file() else "cargo-deny"
    check = ("--locked", "check", "--hide-inclusion-graph")
    passed = deny(tool, *check, "licenses", "bans", "sources")
    if fetched(tool):
        passed &= deny(tool, *check, "--disable-fetch", "advisories")
    else:
        say("advisories NOT CHECKED: their database cannot be fetched from here")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
