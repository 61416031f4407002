"""What `sam build` makes for AWS on this machine, whatever its Python and its processor: for the runtime and processor of the template, with
what runs and nothing that Lambda's runtime has already, within a budget.
"""

import functools
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.templates import ROOT

# A function's artefact: what it may hold besides its own files, and how many kilobytes its zip may have.
ARTEFACTS = {
    "Ingress/TwitterWebhookFunction": (set[str](), 20),
    "Analysis/DownloadImageFunction": ({"PIL", "pillow.libs", "pillow-*.dist-info"}, 7500),
    "Responding/AnnotateImageFunction": ({"PIL", "pillow.libs", "pillow-*.dist-info", "anyascii", "anyascii-*.dist-info"}, 8000),
    "Responding/FulfilIntentFunction": (set[str](), 15),
    "Egress/PostTweetFunction": ({"oauthlib", "oauthlib-*.dist-info", "regex", "regex-*.dist-info"}, 1200),
}
LEFT_BY_UV = {".lock"}
AARCH64 = 183  # e_machine of an ELF file
# A package's licence is in its .dist-info and has to go where the package goes. SAM's builder takes packages as they are, tests included.
TESTS_OF_PACKAGES = {"regex/tests/test_regex.py"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build by the commands of the README: for AWS, not for this machine."""
    folder = tmp_path_factory.mktemp("build")
    programs = Path(sys.executable).parent
    done = subprocess.run(
        [str(programs / "sam"), "build", "--build-dir", str(folder / "build"), "--cache-dir", str(folder / "cache")], cwd=ROOT,
        capture_output=True, text=True, env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"})
    assert done.returncode == 0, done.stderr
    return folder / "build"


@functools.cache
def files(artefact: Path) -> dict[str, bytes]:
    """Each file's content by its path in the artefact."""
    return {path.relative_to(artefact).as_posix(): path.read_bytes() for path in artefact.rglob("*") if path.is_file()}


@functools.cache
def own(artefact: str) -> set[str]:
    """The files of a function's folder, by git, so that what a developer's tools leave there does not count."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", artefact.split("/")[1].removesuffix("Function")).lower()
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT / "functions" / name, capture_output=True, text=True, check=True).stdout
    return set(listed.splitlines())


def test_every_function_is_built(built: Path) -> None:
    assert {path.parent.relative_to(built).as_posix() for path in built.glob("*/*Function/app.py")} == set(ARTEFACTS)


@pytest.mark.parametrize("name", ARTEFACTS)
def test_compiled_code_is_for_the_runtime_and_processor_of_the_template(built: Path, name: str) -> None:
    compiled = {path: content for path, content in files(built / name).items() if content.startswith(b"\x7fELF")}
    assert {path for path in files(built / name) if ".so" in path} == set(compiled)
    assert bool(compiled) == bool(ARTEFACTS[name][0])
    assert {path: int.from_bytes(content[18:20], "little") for path, content in compiled.items()} == dict.fromkeys(compiled, AARCH64)
    extensions = [path for path in compiled if ".libs/" not in path]
    assert [path for path in extensions if not path.endswith(".cpython-313-aarch64-linux-gnu.so")] == []


@pytest.mark.parametrize("name", ARTEFACTS)
def test_an_artefact_holds_what_runs_and_nothing_else(built: Path, name: str) -> None:
    packages = ARTEFACTS[name][0]
    found = {path for path in files(built / name) if path not in own(name) | LEFT_BY_UV}
    assert own(name) <= set(files(built / name))
    assert {re.sub(r"-[\d.]+(?=\.dist-info$)", "-*", path.split("/")[0]) for path in found} == packages
    assert [path for path in found if "__pycache__" in path or path.endswith(".pyc")] == []
    assert {path for path in files(built / name) if re.search(r"(^|/)(tests?/|test_)", path)} <= TESTS_OF_PACKAGES


@pytest.mark.parametrize("name", ARTEFACTS)
def test_a_zip_keeps_to_its_budget(built: Path, name: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files(built / name).items():
            archive.writestr(path, data)
    kilobytes = len(content.getvalue()) / 1000
    print(f"{name}: {kilobytes:,.0f} kB")
    assert kilobytes <= ARTEFACTS[name][1]
