"""Searches the logs of a run for what must never be in them.

    python leaks.py RUN_DIR

Known secrets are the stack's own keys and the passwords that tests use;
tokens and webhook secrets are known by their form.
"""

import json
import re
import sys
from pathlib import Path

PASSWORDS = ("demo-investor", "report-investor", "scenario-investor-7Q", "investor-secret-")
FORMS = (
    re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}"),  # a JSON web token
    re.compile(r"whsec_[A-Za-z0-9+/]{16,}"),
    re.compile(r'"seed"\s*:\s*"'),  # a private signing key
)


def known_secrets(stack: dict[str, object]) -> list[str]:
    """The keys that the stack printed."""
    shops = stack.get("shops", [])
    assert isinstance(shops, list)
    return [shop["key"] for shop in shops] + list(PASSWORDS)


def leaks(run_dir: Path, stack: dict[str, object]) -> list[str]:
    """Where a secret is in a log, by file and line; never the secret itself."""
    secrets = known_secrets(stack)
    found = []
    logs = sorted(run_dir.glob("**/*.log"))
    for path in logs:
        with path.open(errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                if any(secret in line for secret in secrets) or any(form.search(line) for form in FORMS):
                    found.append(f"{path.name}:{number}")
    return found


def main() -> None:
    run_dir = Path(sys.argv[1])
    stack = json.loads((run_dir / "stack.json").read_text())
    found = leaks(run_dir, stack)
    if found:
        sys.exit("secrets in the logs: " + ", ".join(found[:20]))
    print(f"no secret in {sum(1 for _ in run_dir.glob('**/*.log'))} logs")


if __name__ == "__main__":
    main()
