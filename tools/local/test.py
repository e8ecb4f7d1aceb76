"""All tests: those of the workspace, then the black-box ones against a stack.

    python test.py [nextest arguments for the black-box tests]

The stack is one of its own: on free ports, in a folder of its own, with
signatures and roles enforced, and stopped afterwards whatever happens.
"""

import json
import os
import signal
import subprocess
import sys

from cloud import operator_environment
from leaks import leaks
from processes import say
from settings import ROOT, Settings, fail, free_port

BLACK_BOX = "stack-tests"
# One build for all: another choice of packages would be another set of features.
RUN = ("nextest", "run", "--locked", "--workspace")


def cargo(*arguments: str, environment: dict[str, str] | None = None) -> bool:
    command = ["cargo", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def stack(command: str, environment: dict[str, str]) -> bool:
    script = str(ROOT / "tools/local/stack.py")
    done = subprocess.run([sys.executable, script, command], env=environment, check=False)
    return done.returncode == 0


def black_box(arguments: list[str]) -> bool:
    """Runs the black-box tests against a stack of their own."""
    chosen = {
        "AUTH": os.environ.get("AUTH") or "true",
        "EMULATOR": "ministack",
        "EMULATOR_PORT": str(free_port()),
        "MT5_SIM_PORT": str(free_port()),
        "PORT": str(free_port()),
        # All tests are one shop's; limits have tests of their own in process.
        "REQUESTS_PER_MINUTE": "6000",
        "STACK_DIR": ".local/test",
    }
    os.environ.update(chosen)
    settings = Settings()
    stack("down", dict(os.environ))
    try:
        if not stack("up", dict(os.environ)):
            return False
        outputs = json.loads(settings.outputs_json.read_text())
        # The tests reach the stack as any client does, and its cloud as root.
        environment = dict(os.environ) | operator_environment(settings, outputs)
        environment |= {
            "TRADEBRIDGE_STACK": str(settings.stack_json),
            "TRADEBRIDGE_RUN_DIR": str(settings.run_dir),
        }
        say(f"black-box tests against {settings.http} (AUTH={chosen['AUTH']})")
        passed = cargo(
            *RUN, "-E", f"package({BLACK_BOX})", *arguments, environment=environment
        )
        shown = json.loads(settings.stack_json.read_text())
        found = leaks(settings.run_dir, shown)
        if found:
            say("secrets in the logs of this run: " + ", ".join(found[:20]))
        else:
            say("the logs of this run hold no password, key or token")
        return passed and not found
    finally:
        stack("down", dict(os.environ))


def main() -> None:
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    say("tests of the workspace")
    if not cargo(*RUN, "-E", f"not package({BLACK_BOX})"):
        fail("tests failed")
    say("examples in the documentation")
    if not cargo("test", "--locked", "--workspace", "--doc", "--quiet"):
        fail("examples in the documentation failed")
    if not black_box(sys.argv[1:]):
        fail("black-box tests failed")


if __name__ == "__main__":
    main()
