"""Loading a Lambda function by its folder, in an environment that reaches no AWS."""

import contextlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

FUNCTIONS = Path(__file__).parents[1] / "functions"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_SESSION_TOKEN": "testing",
    "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


@contextlib.contextmanager
def no_aws() -> Iterator[None]:
    """A region and credentials that mean nothing, and nothing of the developer's own."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        yield


def load(name: str) -> ModuleType:
    """A fresh `app` of functions/<name>.

    Every function calls its modules `app` and so on, so the modules beside it leave sys.modules once `app` has them.
    """
    folder = FUNCTIONS / name
    siblings = [path.stem for path in folder.glob("*.py")]
    for sibling in siblings:
        sys.modules.pop(sibling, None)
    spec = importlib.util.spec_from_file_location(f"{name}_app", folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
        for sibling in siblings:
            sys.modules.pop(sibling, None)
    return module
