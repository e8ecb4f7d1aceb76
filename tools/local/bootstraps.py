"""What a function's binary must be: small, stripped, and at home on al2023."""

import re
import subprocess
from pathlib import Path

GLIBC_MAX = (2, 34)
SIZE_BYTES_MAX = 10_000_000


def glibc_need(binary: Path) -> tuple[int, ...]:
    """The newest glibc symbol version that a binary asks for."""
    text = _readelf("--version-info", binary)
    needs = re.findall(r"\bGLIBC_(\d+(?:\.\d+)+)\b", text)
    return max((tuple(map(int, need.split("."))) for need in needs), default=(0,))


def problems(binary: Path) -> list[str]:
    """Why a binary cannot be shipped; nothing if it can."""
    found = []
    need = glibc_need(binary)
    if need > GLIBC_MAX:
        found.append(f"needs glibc {dotted(need)}, and {dotted(GLIBC_MAX)} is the newest allowed")
    size = binary.stat().st_size
    if size > SIZE_BYTES_MAX:
        found.append(f"is {size:,} bytes, and {SIZE_BYTES_MAX:,} is the most allowed")
    if re.search(r"\.(symtab|debug_info)\b", _readelf("--section-headers", binary)):
        found.append("is not stripped")
    return found


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _readelf(option: str, binary: Path) -> str:
    command = ["readelf", "--wide", option, str(binary)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
