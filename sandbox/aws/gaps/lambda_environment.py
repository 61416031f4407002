"""MiniStack's functions see the host's environment and every package that the sandbox has installed, so a requirement that is missing, or a
variable that nobody passes, is found out on AWS only.

A function gets what Lambda gives it: the standard library, boto3 and what that needs, its own variables, those of the runtime, and its role's
credentials. What the host needs to reach the network at all (proxies, certificates) stays.
"""

import atexit
import importlib.util
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from ministack.core import lambda_runtime

from sandbox.aws.patching import Function, patch

PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
KEPT = (
    "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "TMPDIR", "LAMBDA_TASK_ROOT", lambda_runtime.INVOKE_DEPTH_ENV,
)
KEPT_PREFIXES = ("AWS_LAMBDA_", "_LAMBDA_")
GIVEN = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "en_US.UTF-8", "TZ": ":UTC", "AWS_EC2_METADATA_DISABLED": "true"}

# Runs before the worker's own script; `HOME` keeps the user's ~/.aws out.
PRELUDE = """\
import os, sys
for _name in [_name for _name in os.environ if _name not in {kept!r} and not _name.startswith({prefixes!r})]:
    del os.environ[_name]
os.environ.update({given!r}, HOME=os.environ.get("LAMBDA_TASK_ROOT", "/"))
sys.path.append({packages!r})
"""


def install() -> None:
    """Makes the folder of packages and the program that starts a worker, and has workers started so."""
    folder = Path(tempfile.mkdtemp(prefix="lambda-runtime-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    packages = link_packages(folder / "packages")
    python = _write_launcher(folder / "python")
    prelude = PRELUDE.format(kept=KEPT, prefixes=KEPT_PREFIXES, given=GIVEN, packages=str(packages))

    @patch(lambda_runtime, "_detect_runtime_binary", "222e200df2c0")
    def detect_runtime_binary(original: Function, runtime: str) -> tuple[str, str]:
        binary, script = original(runtime)
        return (str(python), prelude + script) if runtime.startswith("python") else (binary, script)


def link_packages(folder: Path, names: tuple[str, ...] = PACKAGES) -> Path:
    """Makes a folder with links to these packages, as Lambda's runtime has them, and to no others. RuntimeError where one is not installed."""
    folder.mkdir()
    for name in names:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            raise RuntimeError(f"{name}, which Lambda gives to every function, is not installed.")
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


def _write_launcher(path: Path) -> Path:
    """Python without the host's variables (-I) and packages (-S)."""
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -S -B "$@"\n')
    path.chmod(0o755)
    return path
