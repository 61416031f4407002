"""The embedded AWS as a child process: started on a free port, ended with this one, nothing left behind."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

REGION = "eu-west-1"
START_SECONDS = 60
STOP_SECONDS = 10
PR_SET_PDEATHSIG = 1


class NotStarted(RuntimeError):
    """The embedded AWS did not come up."""


def client_environment(endpoint: str) -> dict[str, str]:
    """The environment for an AWS client: this endpoint and the sandbox's key, and none of the user's own AWS settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
    nowhere = os.devnull
    return {**kept, "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": nowhere, "AWS_SHARED_CREDENTIALS_FILE": nowhere, "AWS_EC2_METADATA_DISABLED": "true"}


class EmbeddedAws:
    """A running embedded AWS; `endpoint` is its address. `settings` are further variables of its environment."""

    def __init__(self, port: int, log: Path, settings: dict[str, str] | None = None) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self._port, self._log, self._settings = port, log, settings or {}
        self._folder = Path(tempfile.mkdtemp(prefix="sandbox-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it answers. Raises NotStarted with the end of its log."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        environment = {
            **client_environment(self.endpoint), "GATEWAY_PORT": str(self._port), "BIND_HOST": "127.0.0.1", "AUTH": "true", "LOG_LEVEL": "WARNING",
            "TMPDIR": str(self._folder), "STATE_DIR": str(self._folder / "state"),
            "MINISTACK_REGION": REGION, "IOT_MTLS_ENABLED": "0", "LAMBDA_ACCOUNT_CONCURRENCY": "40", **self._settings}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([sys.executable, "-m", "sandbox.aws"], env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_die_with_parent)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise NotStarted(f"The embedded AWS did not start. The end of {self._log}:\n{_tail(self._log)}")
            time.sleep(0.05)

    @property
    def process_group(self) -> int:
        """The id of the process group that it and its workers are."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """Ends it and every worker of its, and removes its folder."""
        if self._process:
            group = self._process.pid
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
            self._process.wait()
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=1) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def _die_with_parent() -> None:
    """On Linux the child is ended even where this process is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _tail(path: Path, lines: int = 20) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
