"""Puts the application's template on the emulator with the SAM CLI."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

from settings import FUNCTIONS, PROFILE, REGION, ROOT, STACK_NAME, Settings, fail, target_dir

BUCKET = "tradebridge-local-deploy"


def stage_binaries(settings: Settings) -> Path:
    """Lays out the host's own build as `sam build` does; answers the template.

    What differs is the toolchain only: the host's linker instead of zig's, for
    functions that run here.
    """
    return _stage(settings, lambda name: target_dir() / PROFILE / name)


def shipped_build(settings: Settings) -> Path:
    """Builds the functions as they are shipped, and lays them out.

    zig links against an old C library, so that the binaries run on al2023
    whatever this machine is. `sam build` calls cargo-lambda once for each
    function; this is one call for all, which builds what they share once and
    links two of them at a time.
    """
    sam_bin = ROOT / ".local/venv/sam/bin"
    dropped = ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    environment["PATH"] = f"{sam_bin}:{os.environ['PATH']}"
    command = ["cargo", "lambda", "build", "--release", "--locked"]
    command += [part for name in FUNCTIONS.values() for part in ("-p", f"fn-{name}")]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode != 0:
        fail("cargo lambda build failed")
    return _stage(settings, shipped_binary)


def shipped_binary(name: str) -> Path:
    """Where the build that ships leaves a function's binary."""
    return ROOT / "target/lambda" / name / "bootstrap"


def _stage(settings: Settings, binary_of: Callable[[str], Path]) -> Path:
    layout = settings.run_dir / "build"
    shutil.rmtree(layout, ignore_errors=True)
    for logical_id, name in FUNCTIONS.items():
        binary = binary_of(name)
        if not binary.is_file():
            fail(f"{binary} is missing; `make build` makes it")
        (layout / logical_id).mkdir(parents=True)
        shutil.copy2(binary, layout / logical_id / "bootstrap")
    text = (ROOT / "template.yaml").read_text()
    for logical_id, name in FUNCTIONS.items():
        pattern = rf"(\n  {logical_id}:\n(?:    .*\n)*?      CodeUri: )functions/{name}\n"
        text, replaced = re.subn(pattern, rf"\g<1>{logical_id}\n", text)
        if replaced != 1:
            fail(f"template.yaml: {logical_id} has no `CodeUri: functions/{name}`")
    template = layout / "template.yaml"
    template.write_text(text)
    return template


def sam_deploy(settings: Settings, template: Path) -> None:
    """Deploys the template with its parameters, as on AWS."""
    client(settings, "s3").create_bucket(Bucket=BUCKET)
    overrides = [f"{name}={value}" for name, value in settings.parameters().items()]
    command = [
        str(ROOT / ".local/venv/sam/bin/sam"),
        "deploy",
        f"--template-file={template}",
        f"--stack-name={STACK_NAME}",
        f"--s3-bucket={BUCKET}",
        f"--region={REGION}",
        "--capabilities=CAPABILITY_IAM",
        "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
        "--no-progressbar",
        "--parameter-overrides",
        *overrides,
    ]
    done = subprocess.run(
        command,
        env=settings.aws_environment(),
        cwd=settings.run_dir,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    (settings.run_dir / "deploy.log").write_text(done.stdout)
    if done.returncode != 0:
        fail(f"sam deploy failed:\n{done.stdout[-4000:]}")


def client(settings: Settings, service: str) -> Any:
    """A client of the emulator as its root."""
    return boto3.client(
        service,
        endpoint_url=settings.emulator,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def outputs(settings: Settings) -> dict[str, str]:
    """Outputs of the deployed stack."""
    answer = client(settings, "cloudformation").describe_stacks(StackName=STACK_NAME)
    return {o["OutputKey"]: o["OutputValue"] for o in answer["Stacks"][0]["Outputs"]}


def turn_on_ttl(settings: Settings, stack: dict[str, str]) -> None:
    """The emulator ignores the template's TTL, so it is asked for by call."""
    dynamodb = client(settings, "dynamodb")
    for table in (name for key, name in stack.items() if key.endswith("Table")):
        described = dynamodb.describe_time_to_live(TableName=table)
        if described["TimeToLiveDescription"]["TimeToLiveStatus"] != "ENABLED":
            dynamodb.update_time_to_live(
                TableName=table,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"},
            )


def environment_of(stack: dict[str, str]) -> dict[str, str]:
    """Outputs as settings: `SyncQueueUrl` becomes SYNC_QUEUE_URL."""
    return {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).upper(): v for key, v in stack.items()}


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Writes a file at once, so that no reader sees half of it."""
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(value, indent=2) + "\n")
    draft.replace(path)
