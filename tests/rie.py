"""A built function behind AWS's own runtime interface emulator, as `sam local invoke` runs it, without a container around it.

The emulator ships with the SAM CLI; in the function's place it starts AWS's runtime interface client (awslambdaric), which imports the handler
from the artefact of `sam build`. The function sees the standard library, its artefact, and what Lambda's runtime has.
"""

import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import samcli
from samcli.local.lambdafn.env_vars import EnvironmentVariables

from sandbox.aws.gaps.lambda_environment import GIVEN, PACKAGES, link_packages
from sandbox.embedded_aws import REGION
from tests.waiting import eventually
from tools.ports import free_port

EMULATOR = Path(samcli.__file__).parent / "local" / "rapid" / (
    "aws-lambda-rie-" + {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower(), "x86_64"))
CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
START = "import os, runpy, sys; sys.path[:0] = [os.getcwd()]; sys.path.append({packages!r}); " \
        "runpy.run_module('awslambdaric', run_name='__main__', alter_sys=True)"


class Function:
    """A function that answers, one invocation after the other."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"

    def invoke(self, event: Any) -> Any:
        """The handler's answer, or what Lambda says of its failure: `errorType`, `errorMessage`, `stackTrace`."""
        request = urllib.request.Request(self._url, json.dumps(event).encode())
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read())


def can_run() -> bool:
    """Whether the SAM CLI has an emulator for this machine: they are programs for Linux."""
    return sys.platform == "linux" and EMULATOR.exists()


@contextlib.contextmanager
def running(artefact: Path, configuration: dict[str, Any], endpoint: str, folder: Path, **overrides: str) -> Iterator[Function]:
    """A function for as long as the block lasts.

    `configuration` is the deployed function's (GetFunctionConfiguration), `endpoint` the AWS that it reaches; `overrides` go before the deployed
    variables. The packages of Lambda's runtime and the log go to `folder`, which must be empty.
    """
    variables = configuration["Environment"]["Variables"]
    environment = EnvironmentVariables(
        configuration["FunctionName"], configuration["MemorySize"], configuration["Timeout"], configuration["Handler"],
        configuration["LoggingConfig"], variables, override_values=overrides,
        aws_creds={"region": REGION, "key": "test", "secret": "test"}).resolve()
    packages = link_packages(folder / "packages", (*PACKAGES, *CLIENT))
    port = free_port(0)
    command = [str(EMULATOR), "--log-level", "error", "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
               "--runtime-api-address", f"127.0.0.1:{free_port(0)}",
               sys.executable, "-I", "-S", "-B", "-c", START.format(packages=str(packages)), configuration["Handler"]]
    log = folder / "log"
    with log.open("wb") as out, subprocess.Popen(
            command, cwd=artefact, env={**GIVEN, **environment, "AWS_ENDPOINT_URL": endpoint, "HOME": str(folder)}, stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            assert eventually(lambda: _listens(port)), log.read_text()
            yield Function(port)
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def _listens(port: int) -> bool:
    """Whether somebody answers there: the emulator invokes a function by POST only."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
