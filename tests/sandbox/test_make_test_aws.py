"""`make test-aws`, whose tests reach whatever AWS the variables say, or none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.embedded_aws import client_environment
from tests.sandbox.conftest import Account

ROOT = Path(__file__).parents[2]


def run(*more: str, **environment: str) -> str:
    """What the tests of the target print at their end."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-rs", "tests/aws", *more]
    variables = {**environment, "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=120).stdout


def test_without_credentials_it_says_so_and_is_no_failure(tmp_path: Path) -> None:
    said = run(TEST_AWS="1", HOME=str(tmp_path), AWS_EC2_METADATA_DISABLED="true")
    assert "there are no AWS credentials: sign in, or name a profile with AWS_PROFILE" in said
    assert "passed" not in said
    assert "failed" not in said


def test_make_test_asks_nobody(tmp_path: Path) -> None:
    assert "only `make test-aws` asks AWS" in run(HOME=str(tmp_path))


@pytest.mark.parametrize("workflow", ["send_tweet"])
def test_with_credentials_every_case_is_asked(account: Account, workflow: str) -> None:
    said = run("-k", workflow, TEST_AWS="1", **client_environment(account.endpoint))
    assert " passed" in said
    assert "failed" not in said
    assert "skipped" not in said


def test_the_target_runs_them() -> None:
    planned = subprocess.run(["make", "--dry-run", "test-aws"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "TEST_AWS=1" in planned
    assert "pytest -n 0 -rs tests/aws" in planned
