"""How long each function takes to start: `python -m benchmarks.start_up [ROUNDS]`.

A start-up is the import of `app` in a fresh interpreter that has what Lambda gives (the standard library, boto3 and what it needs) and the
function's own package as `sam build` makes it. The yardstick beside it is what hardly a function of this kind goes below: `import boto3` and two
clients. All take turns, and each is compared with the yardstick of its own round, so that a busy moment of the machine hits both; medians are
printed.

It is a part of a cold start only: Lambda's fetching of the package, its own start-up and its processor, whose share goes by MemorySize once the
function runs, are not in it. boto3 counts as compiled to bytecode, as installed packages are; a function's package comes without bytecode, since
`sam build` makes none. The last column says what it takes with bytecode, which `sam build` does make of the requirements where uv is told to, by
`UV_COMPILE_BYTECODE=1 PYC_INVALIDATION_MODE=UNCHECKED_HASH` in its environment and with the Python of the function's runtime on the path.
"""

import compileall
import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sandbox.aws.gaps.lambda_environment import PACKAGES
from tests.functions import ENVIRONMENT, FUNCTIONS

YARDSTICK = "import boto3; boto3.client('s3'); boto3.client('secretsmanager')"
PROGRAM = "import sys, time; sys.path[:0] = sys.argv[1:]; start = time.perf_counter()\n{code}\nprint(time.perf_counter() - start)"
Case = tuple[str, bool]  # a function's name, and whether its package has bytecode
NAMES = sorted(folder.name for folder in FUNCTIONS.iterdir())


def main(rounds: int) -> None:
    """Builds the packages, measures, prints the table."""
    with tempfile.TemporaryDirectory() as folder:
        runtime = _runtime(Path(folder) / "runtime")
        cases: dict[Case, tuple[str, list[Path]]] = {("yardstick", False): (YARDSTICK, [runtime])}
        for name in NAMES:
            for compiled in (False, True):
                cases[name, compiled] = ("import app", [_package(name, Path(folder) / f"{name}-{compiled}", compiled=compiled), runtime])
        taken: dict[Case, list[float]] = {case: [] for case in cases}
        for _ in range(rounds):
            for case, (code, paths) in cases.items():
                taken[case].append(_milliseconds(code, paths))
        sizes = {name: _size(Path(folder) / f"{name}-False") for name in NAMES}
    _print(taken, sizes, rounds)


def _runtime(folder: Path) -> Path:
    """The packages that Lambda gives, with bytecode."""
    folder.mkdir()
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        origin = Path(found.origin)
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, folder / name)
        else:
            shutil.copy(origin, folder)
    _compile(folder)
    return folder


def _package(name: str, folder: Path, *, compiled: bool) -> Path:
    """What `sam build` makes of a function: its requirements by uv, its own files over them."""
    subprocess.run([sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", folder, "--python", sys.executable,
                    "-r", FUNCTIONS / name / "requirements.txt"], check=True)
    shutil.copytree(FUNCTIONS / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    if compiled:
        _compile(folder)
    return folder


def _compile(folder: Path) -> None:
    compileall.compile_dir(folder, quiet=2)


def _milliseconds(code: str, paths: list[Path]) -> float:
    """-I and -S keep this machine's packages and variables out; -B keeps bytecode from being written."""
    environment = {**ENVIRONMENT, "PATH": os.defpath, "HOME": os.devnull}
    command = [sys.executable, "-I", "-S", "-B", "-c", PROGRAM.format(code=code), *map(str, paths)]
    return 1000 * float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _print(taken: dict[Case, list[float]], sizes: dict[str, int], rounds: int) -> None:
    yardstick = taken["yardstick", False]
    table = Table(title=f"Start-up, medians of {rounds} rounds, Python {sys.version.split()[0]}")
    for column in ("", "package", "as built", "of the yardstick", "with bytecode"):
        table.add_column(column, justify="right" if column else "left")
    table.add_row("boto3 and two clients", "", f"{statistics.median(yardstick):.0f} ms", "1.00", "")
    for name in NAMES:
        built, compiled = taken[name, False], taken[name, True]
        ratio = statistics.median(one / other for one, other in zip(built, yardstick, strict=True))
        table.add_row(name, f"{sizes[name] / 1e6:.1f} MB", f"{statistics.median(built):.0f} ms", f"{ratio:.2f}",
                      f"{statistics.median(compiled):.0f} ms")
    Console(width=100).print(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
