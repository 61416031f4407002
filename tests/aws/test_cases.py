"""The cases of every workflow by AWS's own TestState, which creates nothing and calls nothing: every call's answer is the case's.

`make test-aws` runs them, with whatever credentials and region any AWS client finds; `make test` does not.
"""

import os
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tools import workflow_cases, workflow_files
from tools.workflow_cases import Case
from tools.workflow_files import REGION, Workflow

if not os.environ.get("TEST_AWS"):
    pytest.skip("only `make test-aws` asks AWS", allow_module_level=True)

CASES = [pytest.param(workflow, case, id=f"{workflow.name}/{case.state}/{case.name}")
         for workflow in workflow_files.workflows() for case in workflow_cases.load(workflow)]


@pytest.fixture(scope="module")
def client() -> Any:
    """A client that waits its turn, as TestState takes a few requests a second."""
    session = boto3.Session()
    if session.get_credentials() is None:
        pytest.skip("there are no AWS credentials: sign in, or name a profile with AWS_PROFILE, to run the workflows' cases on AWS")
    elsewhere = "AWS_ENDPOINT_URL" in os.environ  # the sandbox's address takes no prefix, as that of AWS's does
    return session.client("stepfunctions", region_name=session.region_name or REGION, config=Config(
        retries={"mode": "adaptive", "max_attempts": 10}, inject_host_prefix=not elsewhere))


@pytest.mark.parametrize(("workflow", "case"), CASES)
def test_a_case(client: Any, workflow: Workflow, case: Case) -> None:
    assert workflow_cases.differences(case, client.test_state(**workflow_cases.request(workflow, case)), jitter=True) == []
