"""A Docker engine of the check's own, and an image to run functions in.

The engine has its own folder, socket and bridge, and is ended by its own
process id, so that it meets no engine that the machine may run. Nothing is
pulled: the image is a small root file system made from this machine's files.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from processes import say, wait_until
from settings import fail

IMAGE = "public.ecr.aws/lambda/provided:al2023-x86_64"
BRIDGE = "tbcheck0"
GATEWAY = "172.29.77.1"
NEEDED = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "iptables": "iptables",
    "ip": "iproute2",
    "busybox": "busybox-static",
}
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
START_SECONDS_MAX = 60


def install_missing() -> None:
    """Installs what the engine needs from Debian's packages."""
    missing = {package for tool, package in NEEDED.items() if not _which(tool)}
    if not missing:
        return
    names = ", ".join(sorted(missing))
    if os.geteuid() != 0 or not _which("apt-get"):
        fail(f"sam-check needs {names}; install them, or run it as root on Debian")
    say(f"  installing {names}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *sorted(missing)],
    ):
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode != 0:
            fail(f"`{' '.join(command)}` failed")


@contextlib.contextmanager
def engine(endpoint: str) -> Iterator[str]:
    """Runs an engine; yields its DOCKER_HOST.

    Its image points AWS clients at `endpoint`, since `sam local` passes no
    variable on that the template does not name.
    """
    if os.geteuid() != 0:
        fail("sam-check starts a Docker engine, which takes root")
    install_missing()
    folder = Path(tempfile.mkdtemp(prefix="tb-docker-"))
    host = f"unix://{folder}/sock"
    try:
        with _bridge(), _dockerd(folder, host):
            _import_image(folder, host, endpoint)
            yield host
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _bridge() -> Iterator[None]:
    ip = _which("ip")
    subprocess.run([ip, "link", "delete", BRIDGE], check=False, stderr=subprocess.DEVNULL)
    for arguments in (
        ["link", "add", BRIDGE, "type", "bridge"],
        ["address", "add", f"{GATEWAY}/24", "dev", BRIDGE],
        ["link", "set", BRIDGE, "up"],
    ):
        if subprocess.run([ip, *arguments], check=False).returncode != 0:
            fail(f"`ip {' '.join(arguments)}` failed; sam-check needs a network bridge")
    try:
        yield
    finally:
        subprocess.run([ip, "link", "delete", BRIDGE], check=False)


@contextlib.contextmanager
def _dockerd(folder: Path, host: str) -> Iterator[None]:
    command = [
        _which("dockerd"),
        f"--data-root={folder}/data",
        f"--exec-root={folder}/exec",
        f"--pidfile={folder}/pid",
        f"--host={host}",
        f"--bridge={BRIDGE}",
    ]
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"PATH": f"{os.environ['PATH']}:{SYSTEM_PATH}"},
        )
    try:
        probe = [_which("docker"), "--host", host, "version"]

        def up() -> bool:
            return subprocess.run(probe, check=False, capture_output=True).returncode == 0

        wait_until(lambda: daemon.poll() is not None or up(), START_SECONDS_MAX)
        if daemon.poll() is not None or not up():
            tail = (folder / "log").read_text(errors="replace")[-3000:]
            fail(f"the Docker engine did not start:\n{tail}")
        yield
    finally:
        daemon.send_signal(signal.SIGTERM)
        if not wait_until(lambda: daemon.poll() is not None, 20):
            daemon.kill()
            daemon.wait()


def _import_image(folder: Path, host: str, endpoint: str) -> None:
    archive = folder / "image.tar"
    _write_root_file_system(archive)
    command = [_which("docker"), "--host", host, "import"]
    command += ["--change", f"ENV AWS_ENDPOINT_URL={endpoint}"]
    command += ["--change", "ENV PATH=/bin:/usr/bin", str(archive), IMAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        fail(f"the image could not be imported: {done.stderr}")


def _write_root_file_system(archive: Path) -> None:
    """A shell, the host's C library and the CA bundle: all a bootstrap needs."""
    busybox = Path(_which("busybox"))
    with tarfile.open(archive, "w") as tar:
        for folder in (
            "bin",
            "etc",
            "opt",
            "tmp",
            "usr/bin",
            "var/rapid",
            "var/runtime",
            "var/task",
        ):
            _add_folder(tar, folder)
        tar.add(busybox.resolve(), "bin/busybox")
        for applet in ("sh", "mv", "chmod", "cp", "rm", "mkdir", "cat", "ls"):
            _add_link(tar, f"bin/{applet}", "busybox")
        for library in _c_libraries():
            tar.add(library.resolve(), str(library).lstrip("/"))
        bundle = Path("/etc/ssl/certs/ca-certificates.crt")
        if bundle.is_file():
            tar.add(bundle.resolve(), "etc/ssl/certs/ca-certificates.crt")
            tar.add(bundle.resolve(), "etc/pki/tls/certs/ca-bundle.crt")
        _add_text(tar, "etc/passwd", "root:x:0:0::/:/bin/sh\nsbx_user1051:x:993:990::/:/bin/sh\n")
        _add_text(tar, "etc/group", "root:x:0:\nsbx_user1051:x:990:\n")
        _add_text(tar, "etc/nsswitch.conf", "hosts: files dns\n")


def _c_libraries() -> list[Path]:
    """The loader and the libraries that `ldd` names for a program in C."""
    text = subprocess.run(["ldd", "/bin/ls"], capture_output=True, text=True, check=True).stdout
    loader = next(
        Path(word) for word in text.split() if word.startswith("/lib") and "ld-linux" in word
    )
    libc = next(Path(word) for word in text.split() if word.startswith("/") and "libc.so" in word)
    names = (
        "libc.so.6",
        "libm.so.6",
        "libgcc_s.so.1",
        "libdl.so.2",
        "libpthread.so.0",
        "librt.so.1",
        "libresolv.so.2",
        "libnss_dns.so.2",
        "libnss_files.so.2",
    )
    return [loader, *(libc.parent / name for name in names if (libc.parent / name).exists())]


def _add_folder(tar: tarfile.TarFile, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
    tar.addfile(entry)


def _add_link(tar: tarfile.TarFile, name: str, to: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, to
    tar.addfile(entry)


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(text), 0o644
    tar.addfile(entry, BytesIO(text.encode()))


def _which(tool: str) -> str:
    return shutil.which(tool, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}") or ""
