"""The stack's cloud: the emulator with the application deployed and filled."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import deploy
from processes import Children, answers, say
from settings import (
    PROFILE,
    ROOT,
    STAGE,
    TOOLS_OF_TESTS,
    Settings,
    clean_environment,
    fail,
    target_dir,
)

EMULATOR_START_SECONDS_MAX = 60
READY_SECONDS_MAX = 30


def tool(name: str) -> str:
    return str(target_dir() / ("debug" if TOOLS_OF_TESTS else PROFILE) / name)


def start_emulator(settings: Settings, children: Children) -> None:
    if settings.emulator_kind == "localstack":
        if not answers(f"{settings.emulator}/_localstack/health"):
            fail(f"no LocalStack answers at {settings.emulator}")
        return
    scratch = settings.run_dir / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    environment = clean_environment() | {
        "AUTH": "true" if settings.auth else "false",
        "AWS_ENDPOINT_URL": settings.emulator,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(settings.emulator_port),
        "IOT_MTLS_ENABLED": "0",
        "NO_PROXY": "127.0.0.1,localhost",
        "TMPDIR": str(scratch),
    }
    launcher = str(ROOT / "tools/local/emulator.py")
    children.start("emulator", [sys.executable, launcher], environment)
    health = f"{settings.emulator}/_ministack/health"
    children.require("emulator", lambda: answers(health), EMULATOR_START_SECONDS_MAX)


def operator_environment(settings: Settings, stack: dict[str, str]) -> dict[str, str]:
    return (
        settings.aws_environment()
        | deploy.environment_of(stack)
        | {
            "STAGE": STAGE,
            "LOCAL_STAGE": "true",
            "LOG_LEVEL": "warn",
            "MT5_TOKEN": settings.mt5_token,
            "MT5_PROVISIONING_URL": settings.parameters()["Mt5ProvisioningUrl"],
            "MT5_CLIENT_URL": settings.parameters()["Mt5ClientUrl"],
        }
    )


def bootstrap(settings: Settings, stack: dict[str, str]) -> dict[str, object]:
    """Secrets and demo data; answers what the operator prints as JSON."""
    command = [tool("operator"), "bootstrap", "--stage", STAGE]
    done = subprocess.run(
        command,
        env=operator_environment(settings, stack),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        fail("operator bootstrap failed")
    try:
        printed = json.loads(done.stdout)
    except ValueError:
        fail(f"operator bootstrap printed no JSON but {done.stdout[:200]!r}")
    return dict(printed)


def start_cloud(
    settings: Settings, children: Children, template: Callable[[Settings], Path]
) -> tuple[dict[str, str], dict[str, object]]:
    """Starts emulator and gateway, deploys the template, fills the store.

    Answers the deployed stack's outputs and what the operator has shown.
    """
    say(f"starting the emulator ({settings.emulator_kind}) on {settings.emulator}")
    start_emulator(settings, children)
    say("starting the MT5 simulator")
    sim = [tool("mt5-sim"), f"--port={settings.mt5_sim_port}", f"--token={settings.sim_token}"]
    children.start("mt5-sim", [*sim, "--demo"], clean_environment())
    children.require("mt5-sim", lambda: answers(settings.mt5_sim), READY_SECONDS_MAX)
    say("deploying template.yaml with the SAM CLI")
    deploy.sam_deploy(settings, template(settings))
    stack = deploy.outputs(settings)
    deploy.turn_on_ttl(settings, stack)
    deploy.write_json(settings.outputs_json, dict(stack))
    say("putting secrets and demo data in")
    settings.mail_dir.mkdir(parents=True, exist_ok=True)
    return stack, bootstrap(settings, stack)
