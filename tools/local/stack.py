"""The local stack: `run` in the foreground, `up` and `down` in the background.

python stack.py run [--no-build]   until Ctrl-C
python stack.py up [--no-build]    returns when ready
python stack.py down
python stack.py operator …         the operator, with the stack's settings
"""

import json
import os
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import NoReturn

import deploy
import processes
from build import build, build_tools
from cloud import READY_SECONDS_MAX, operator_environment, start_cloud, tool
from processes import Children, answers, say
from settings import Settings, clean_environment, fail


class Stopped(Exception):
    """Somebody asked for the end."""


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped


def start(settings: Settings, children: Children, with_build: bool) -> None:
    """Everything up to the `ready` line, with a line for each slow step."""
    # LocalStack runs functions in containers, with an older C library than here.
    shipped = settings.shipped or settings.emulator_kind == "localstack"
    if with_build:
        what = "tools" if shipped else "functions and tools"
        say(f"building {what} (release; some minutes the first time)")
        if shipped:
            build_tools()
        else:
            build()
    template = deploy.shipped_build if shipped else deploy.stage_binaries
    stack, shown = start_cloud(settings, children, template)
    say("starting the forwarder")
    command = [tool("forwarder"), "--port", str(settings.port)]
    command += ["--emulator", settings.emulator, "--api", stack["HttpApiId"]]
    if "WsApiId" in stack:
        command += ["--ws-api", stack["WsApiId"], "--ws-stage", stack["WsStage"]]
    children.start("forwarder", command, clean_environment())
    health = f"http://127.0.0.1:{settings.port}/api/health"
    children.require("forwarder", lambda: answers(health), READY_SECONDS_MAX)
    if not processes.wait_until(lambda: answers(health, well=True), READY_SECONDS_MAX):
        fail(f"{health} does not answer 200:\n{children.log_tail('emulator')}")
    addresses = {
        "http": settings.http,
        "ws": settings.ws,
        "emulator": settings.emulator,
        "mt5_sim": settings.mt5_sim,
        "mail_dir": str(settings.mail_dir),
    }
    deploy.write_json(settings.stack_json, addresses | shown)
    say(f"\n  pages      {settings.http}/\n  documents  {settings.http}/api/docs")
    say(f"  keys       {settings.stack_json}\n  logs       {settings.run_dir}/*.log\n")


def run(settings: Settings, with_build: bool) -> None:
    """The stack in the foreground, until a signal or until a part of it dies."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    began = time.monotonic()
    owner = settings.run_dir / "owner.json"
    refuse_if_running(settings)
    processes.adopt_orphans()
    children = Children(settings.run_dir)
    children.stop_left_over()
    settings.stack_json.unlink(missing_ok=True)
    refuse_taken_ports(settings)
    deploy.write_json(owner, {"pid": os.getpid(), "ticks": processes.start_ticks(os.getpid())})
    try:
        start(settings, children, with_build)
        say(f"ready {settings.http} ({time.monotonic() - began:.0f} s)")
        while (dead := children.dead()) is None:
            time.sleep(0.5)
        fail(f"{dead} ended by itself:\n{children.log_tail(dead)}")
    except Stopped:
        say("stopping")
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        children.stop()
        for file in (settings.stack_json, settings.outputs_json, owner):
            file.unlink(missing_ok=True)


def owner_pid(settings: Settings) -> int | None:
    """Id of the process that runs this stack, if one does."""
    try:
        owner = json.loads((settings.run_dir / "owner.json").read_text())
    except (OSError, ValueError):
        return None
    return owner["pid"] if processes.start_ticks(owner["pid"]) == owner["ticks"] else None


def refuse_if_running(settings: Settings) -> None:
    if pid := owner_pid(settings):
        fail(f"this stack runs already (process {pid}); `make down` stops it")


def refuse_taken_ports(settings: Settings) -> None:
    ports = {"PORT": settings.port, "MT5_SIM_PORT": settings.mt5_sim_port}
    if settings.emulator_kind == "ministack":
        ports["EMULATOR_PORT"] = settings.emulator_port
    for name, port in ports.items():
        if not processes.port_is_free(port):
            fail(f"port {port} is taken; choose another with {name}=…")


def up(settings: Settings, with_build: bool) -> None:
    """Starts `run` in the background and shows its lines until it is ready."""
    refuse_if_running(settings)
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    log_path = settings.run_dir / "stack.log"
    arguments = [] if with_build else ["--no-build"]
    with log_path.open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "run", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with log_path.open() as log:
        while True:
            line = log.readline()
            if line:
                print(line, end="", flush=True)
            elif child.poll() is not None:
                print(log.read(), end="", flush=True)
                fail("the stack did not come up")
            else:
                time.sleep(0.1)
            if line.startswith("ready"):
                return


def down(settings: Settings) -> None:
    """Ends the stack, and what a crashed one has left."""
    pid = owner_pid(settings)
    if pid is None:
        Children(settings.run_dir).stop_left_over()
        say("no stack is running")
        return
    os.kill(pid, signal.SIGTERM)
    if not processes.wait_until(lambda: owner_pid(settings) is None, 60):
        os.kill(pid, signal.SIGKILL)
        Children(settings.run_dir).stop_left_over()
    say("stopped")


def operator(settings: Settings, arguments: list[str]) -> NoReturn:
    """Runs the operator against the running stack."""
    try:
        stack = json.loads(settings.outputs_json.read_text())
    except (OSError, ValueError):
        fail("no stack is running; `make up` starts one")
    os.execve(tool("operator"), ["operator", *arguments], operator_environment(settings, stack))


def main() -> None:
    command, *rest = sys.argv[1:] or ["help"]
    with_build = "--no-build" not in rest
    match command:
        case "run":
            run(Settings(), with_build)
        case "up":
            up(Settings(), with_build)
        case "down":
            down(Settings())
        case "operator":
            operator(Settings(), rest)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
