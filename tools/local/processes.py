"""Child processes that never outlive the stack."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from settings import fail

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
STOP_SECONDS_MAX = 8.0

_libc = ctypes.CDLL(None, use_errno=True)


def say(text: str) -> None:
    print(text, flush=True)


def _die_with_parent() -> None:
    """Runs in the child: it is killed with its parent, however that ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Makes this process the parent of its descendants' orphans, to reap them."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)


def _reap_orphans() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


def start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; none if it is gone.

    With it a recorded id is known to mean the same process still.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def group_members(group: int) -> list[int]:
    """Live processes of a process group."""
    members = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            members.append(int(folder.name))
    return members


def signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def stop_group(group: int) -> None:
    """Ends a process group: politely, then for certain."""
    signal_group(group, signal.SIGTERM)
    if not wait_until(lambda: not group_members(group), STOP_SECONDS_MAX):
        signal_group(group, signal.SIGKILL)
        wait_until(lambda: not group_members(group), STOP_SECONDS_MAX)


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(url: str, *, well: bool = False) -> bool:
    """Whether a server answers: at all, or `well`, with a success."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=5).close()
    except urllib.error.HTTPError:
        return not well
    except OSError:
        return False
    return True


class Children:
    """The stack's processes, each in a process group and with a log file.

    Their ids are written down, so that what a crash left is ended later.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record = folder / "children.json"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            child = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=_die_with_parent,
            )
        self.running[name] = child
        groups = {str(c.pid): start_ticks(c.pid) for c in self.running.values()}
        self.record.write_text(json.dumps(groups))

    def dead(self) -> str | None:
        """Name of a child that has ended by itself, if any has."""
        return next((n for n, c in self.running.items() if c.poll() is not None), None)

    def require(self, name: str, ready: Callable[[], bool], seconds: float) -> None:
        """Waits for a child to be ready, or ends with the last of its log."""
        child = self.running[name]
        wait_until(lambda: child.poll() is not None or ready(), seconds)
        if child.poll() is not None or not ready():
            fail(f"{name} did not start:\n{self.log_tail(name)}")

    def log_tail(self, name: str) -> str:
        lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-20:])

    def stop(self) -> None:
        """Ends all, the last one started first."""
        for child in reversed(self.running.values()):
            stop_group(child.pid)
            child.wait()
        _reap_orphans()
        self.running.clear()
        self.record.unlink(missing_ok=True)

    def stop_left_over(self) -> None:
        """Ends what an earlier run that crashed has left behind."""
        try:
            groups = json.loads(self.record.read_text())
        except (OSError, ValueError):
            return
        for pid, ticks in groups.items():
            leader = start_ticks(int(pid))
            if leader == ticks or (leader is None and group_members(int(pid))):
                say(f"  ending what an earlier run left (process group {pid})")
                stop_group(int(pid))
        self.record.unlink(missing_ok=True)
