"""What a local stack is started with: ports, folders, outside systems."""

import os
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
STAGE = "local"
STACK_NAME = "tradebridge-local"
REGION = "us-east-1"
SIM_TOKEN = "sim-token"

# Functions by the logical id of their resource in template.yaml.
FUNCTIONS = {
    "AccountsFunction": "accounts",
    "AuthFunction": "auth",
    "SystemFunction": "system",
    "SyncFunction": "sync",
    "RulesFunction": "rules",
    "BacktestsFunction": "backtests",
    "ImportsFunction": "imports",
    "DailyResetFunction": "daily-reset",
    "DispatchFunction": "dispatch",
    "WebhooksFunction": "webhooks",
    "OrganizationsFunction": "organizations",
    "AdminFunction": "admin",
    "MailerFunction": "mailer",
    "RealtimeFunction": "realtime",
    "FirebridgeFunction": "firebridge",
    "TradingFunction": "trading",
    "SignalsFunction": "signals",
    "TerminalsFunction": "terminals",
    "FanoutFunction": "fanout",
    "KeyRotationFunction": "key-rotation",
}
# The id that template.yaml pins the WebSocket API to, and its stage.
WEBSOCKET_API = "0b5e55ed"
WEBSOCKET_STAGE = "ws"
# Release without its slow last step, which what ships has.
PROFILE = "local"
TOOLS = ("forwarder", "operator", "mt5-sim")
# Where the tests are built too, the tools of that build will do.
TOOLS_OF_TESTS = os.environ.get("TOOLS_OF_TESTS", "").lower() == "true"

# The machine's own trust and time settings, which the functions need too.
KEPT_VARIABLES = ("HOME", "LANG", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TZ")

# The stage's settings that come from the caller's environment, as parameters.
PARAMETERS = {
    "APP_URL": "AppUrl",
    "CORS_ORIGINS": "CorsOrigins",
    "DEFAULT_SHOP_ID": "DefaultShopId",
    "LOG_LEVEL": "LogLevel",
    "MAIL_FROM": "MailFrom",
    "MAIL_TRANSPORT": "MailTransport",
    "MT5_CLIENT_URL": "Mt5ClientUrl",
    "MT5_PROVISIONING_URL": "Mt5ProvisioningUrl",
    "OIDC_ALLOWED_HOSTS": "OidcAllowedHosts",
    "PASSKEY_ORIGINS": "PasskeyOrigins",
    "PASSKEY_RP_ID": "PasskeyRpId",
    "PWNED_PASSWORDS_URL": "PwnedPasswordsUrl",
    "REQUESTS_PER_MINUTE": "RequestsPerMinute",
    "RESEND_URL": "ResendUrl",
    "SIGN_INS_PER_MINUTE": "SignInsPerMinute",
    "SMTP_LOGIN": "SmtpLogin",
    "SMTP_URL": "SmtpUrl",
    "TOKEN_ISSUER": "TokenIssuer",
    "WEBHOOK_ALLOWED_HOSTS": "WebhookAllowedHosts",
}


def fail(message: str) -> NoReturn:
    """Ends the program with a message for a human."""
    sys.exit(f"error: {message}")


def port_of(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        fail(f"{name} must be a port from 1 to 65535, not {text!r}")
    return int(text)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def target_dir() -> Path:
    return ROOT / (os.environ.get("CARGO_TARGET_DIR") or "target")


def clean_environment() -> dict[str, str]:
    """The environment that processes of the stack start with.

    Functions inherit the emulator's, so whatever a developer happens to have
    set (proxies, cloud credentials, log levels) must not get there.
    """
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}


@dataclass(frozen=True)
class Settings:
    """One local stack. Two may run at once on ports and folders of their own."""

    port: int = field(default_factory=lambda: port_of("PORT", 3000))
    emulator_port: int = field(default_factory=lambda: port_of("EMULATOR_PORT", 4566))
    mt5_sim_port: int = field(default_factory=lambda: port_of("MT5_SIM_PORT", 4580))
    emulator_kind: str = field(default_factory=lambda: os.environ.get("EMULATOR") or "ministack")
    auth: bool = field(default_factory=lambda: os.environ.get("AUTH", "").lower() == "true")
    # Run what ships, built by SAM with zig, instead of the host's own build.
    shipped: bool = field(default_factory=lambda: os.environ.get("SHIPPED", "").lower() == "true")
    folder: Path = field(default_factory=lambda: ROOT / (os.environ.get("STACK_DIR") or ".local"))

    def __post_init__(self) -> None:
        if self.emulator_kind not in ("ministack", "localstack"):
            fail(f"EMULATOR must be ministack or localstack, not {self.emulator_kind!r}")
        if len({self.port, self.emulator_port, self.mt5_sim_port}) < 3:
            fail("PORT, EMULATOR_PORT and MT5_SIM_PORT must differ")

    @property
    def emulator(self) -> str:
        return f"http://127.0.0.1:{self.emulator_port}"

    @property
    def mt5_sim(self) -> str:
        return f"http://127.0.0.1:{self.mt5_sim_port}"

    @property
    def http(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://localhost:{self.port}/ws"

    @property
    def run_dir(self) -> Path:
        return self.folder / "run"

    @property
    def mail_dir(self) -> Path:
        return self.folder / "mail"

    @property
    def stack_json(self) -> Path:
        return self.folder / "stack.json"

    @property
    def outputs_json(self) -> Path:
        return self.run_dir / "outputs.json"

    @property
    def mt5_token(self) -> str:
        return os.environ.get("MT5_TOKEN") or SIM_TOKEN

    @property
    def sim_token(self) -> str:
        """The simulator's own token; never that of a real gateway."""
        return SIM_TOKEN if os.environ.get("MT5_PROVISIONING_URL") else self.mt5_token

    def aws_environment(self) -> dict[str, str]:
        """Environment of a process that talks to the emulator as its root."""
        return clean_environment() | {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.emulator,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1,localhost",
            "SAM_CLI_TELEMETRY": "0",
        }

    def parameters(self) -> dict[str, str]:
        """Parameters of the template: local values, then the caller's own."""
        # LocalStack runs functions in containers, with another loopback.
        host = "host.docker.internal" if self.emulator_kind == "localstack" else "127.0.0.1"
        mt5_sim = f"http://{host}:{self.mt5_sim_port}"
        values = {
            "Stage": STAGE,
            "LocalStage": "true",
            "CorsOrigins": self.http,
            "TokenIssuer": self.http,
            "AppUrl": self.http,
            # Captured to files, unless the caller names a service.
            "MailTransport": "resend" if os.environ.get("RESEND_URL") else "file",
            "MailDir": str(self.mail_dir.resolve()),
            "Mt5ProvisioningUrl": mt5_sim,
            # The emulator has no host of its own for each API.
            "WebSocketEndpoint": f"http://{host}:{self.emulator_port}/_aws/execute-api/{WEBSOCKET_API}/{WEBSOCKET_STAGE}",
            "Mt5ClientUrl": mt5_sim,
            "WebhookAllowedHosts": "127.0.0.1,localhost",
            "OidcAllowedHosts": "127.0.0.1,localhost",
        }
        for variable, parameter in PARAMETERS.items():
            if os.environ.get(variable):
                values[parameter] = os.environ[variable]
        return values
