"""Builds what SAM ships, checks each binary, and invokes each in a container.

    python sam_check.py

Fails where it cannot run: a check that is skipped proves nothing.
"""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import bootstraps
import cloud
import deploy
import docker_engine
import processes
from build import build_tools
from processes import Children, say
from relay import relay
from settings import FUNCTIONS, ROOT, STACK_NAME, Settings, fail, free_port

INVOKE_SECONDS_MAX = 180
INVOKED_AT_ONCE = 4


def check_binaries() -> None:
    failed = False
    for name in FUNCTIONS.values():
        binary = deploy.shipped_binary(name)
        need = bootstraps.dotted(bootstraps.glibc_need(binary))
        say(f"  {name:12} {binary.stat().st_size / 1e6:5.2f} MB  glibc {need}")
        for problem in bootstraps.problems(binary):
            say(f"  {name:12} FAILED: {problem}")
            failed = True
    if failed:
        fail("a bootstrap cannot be shipped")


def container_variables(settings: Settings) -> dict[str, dict[str, str]]:
    """Each deployed function's variables, with this machine's loopback named
    as containers reach it."""
    functions = deploy.client(settings, "lambda")
    resources = deploy.client(settings, "cloudformation")
    found = {}
    for logical_id in FUNCTIONS:
        described = resources.describe_stack_resource(
            StackName=STACK_NAME, LogicalResourceId=logical_id
        )
        function = described["StackResourceDetail"]["PhysicalResourceId"]
        deployed = functions.get_function_configuration(FunctionName=function)
        variables: dict[str, str] = deployed["Environment"]["Variables"]
        found[logical_id] = {key: _for_container(value) for key, value in variables.items()}
    return found


def _for_container(value: str) -> str:
    for loopback in ("http://127.0.0.1:", "http://localhost:"):
        value = value.replace(loopback, f"http://{docker_engine.GATEWAY}:")
    return value


def invoke(settings: Settings, logical_id: str, variables: Path, docker_host: str) -> str | None:
    """Invokes a function in its container; answers what is wrong, if anything."""
    event = ROOT / "events" / f"{FUNCTIONS[logical_id]}.json"
    if not event.is_file():
        return f"{event} is missing"
    sam = str(ROOT / ".local/venv/sam/bin/sam")
    template = str(settings.run_dir / "build/template.yaml")
    command = [sam, "local", "invoke", logical_id, "--template", template, "--event", str(event)]
    command += ["--env-vars", str(variables), "--skip-pull-image"]
    environment = settings.aws_environment() | {"DOCKER_HOST": docker_host}
    del environment["AWS_ENDPOINT_URL"]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INVOKE_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {INVOKE_SECONDS_MAX} s"
    log = settings.run_dir / f"invoke-{FUNCTIONS[logical_id]}.log"
    log.write_text(f"{done.stderr}\n{done.stdout}\n")
    answer = done.stdout.strip().rpartition("\n")[2]
    problem = _problem_of(done.returncode, answer)
    return f"{problem}\n{done.stderr[-3000:]}" if problem else None


def _problem_of(code: int, answer: str) -> str | None:
    if code != 0:
        return f"sam local invoke ended with {code}"
    try:
        value: Any = json.loads(answer) if answer else None
    except ValueError:
        return f"answered no JSON but {answer[:300]!r}"
    if not isinstance(value, dict):
        return None if value is None else f"answered {answer[:300]}"
    if (
        "errorType" in value
        or value.get("batchItemFailures")
        or value.get("statusCode", 200) >= 500
    ):
        return f"answered {answer[:1000]}"
    return None


def invoke_all(settings: Settings, built: Path) -> None:
    children = Children(settings.run_dir)
    children.stop_left_over()
    processes.adopt_orphans()
    with ExitStack() as cleanup:
        cleanup.callback(children.stop)
        cloud.start_cloud(settings, children, lambda _settings: built)
        say("starting a Docker engine of the check's own")
        endpoint = f"http://{docker_engine.GATEWAY}:{settings.emulator_port}"
        docker_host = cleanup.enter_context(docker_engine.engine(endpoint))
        for port in (settings.emulator_port, settings.mt5_sim_port):
            cleanup.enter_context(relay(docker_engine.GATEWAY, port))
        variables = settings.run_dir / "variables.json"
        deploy.write_json(variables, dict(container_variables(settings)))

        def check(logical_id: str) -> bool:
            began = time.monotonic()
            problem = invoke(settings, logical_id, variables, docker_host)
            seconds = time.monotonic() - began
            result = f"FAILED: {problem}" if problem else "answers"
            say(f"  {FUNCTIONS[logical_id]:12} {seconds:4.1f} s  {result}")
            return problem is None

        # The first makes the image; the others mostly wait for their containers.
        first, *others = FUNCTIONS
        passed = [check(first)]
        with ThreadPoolExecutor(INVOKED_AT_ONCE) as pool:
            passed += pool.map(check, others)
    if not all(passed):
        fail("a function failed in its container")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    say("building what ships (cargo-lambda and zig)")
    folder = Path(os.environ.get("STACK_DIR") or ".local/sam-check")
    settings = Settings(
        port=free_port(),
        emulator_port=free_port(),
        mt5_sim_port=free_port(),
        emulator_kind="ministack",
        auth=True,
        folder=ROOT / folder,
    )
    built = deploy.shipped_build(settings)
    say("checking the binaries")
    check_binaries()
    if "--no-build" not in sys.argv:
        say("building the operator and the MT5 simulator")
        build_tools()
    say("invoking each function in a container")
    invoke_all(settings, built)
    say("sam-check passed")


if __name__ == "__main__":
    main()
