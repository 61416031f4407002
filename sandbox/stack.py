"""The application on the embedded AWS: the real `sam build` and `sam deploy` of the very templates that AWS gets."""

import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from sandbox.embedded_aws import REGION, client_environment
from sandbox.x import BOT_USER_ID, BOT_USERNAME, Keys

ROOT = Path(__file__).parents[1]
BUILD = ROOT / ".aws-sam" / "sandbox"
STACK = "sandbox"
ALERT_EMAIL = "brand@example.com"
OPERATIONS_EMAIL = "operations@example.com"


class SamFailed(RuntimeError):
    """`sam build` or `sam deploy` failed; the message has the end of what it said."""


def client(endpoint: str, service: Any) -> Any:
    """A boto3 client of the embedded AWS."""
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test",
                        config=Config(retries={"max_attempts": 2}, inject_host_prefix=False))


def build(log: Path) -> None:
    """`sam build` for the interpreter and processor at hand; what did not change is taken from the last build."""
    _sam(["build", "--config-env", "sandbox", "--build-dir", str(BUILD), "--cache-dir", str(BUILD.parent / "sandbox-cache"),
          "--parameter-overrides", *at_hand()], client_environment("http://127.0.0.1:9"), log)


def deploy(endpoint: str, x_url: str, log: Path) -> dict[str, str]:
    """`sam deploy`, and X's keys into the secret; returns the root stack's outputs."""
    bucket = "sandbox-artefacts"
    client(endpoint, "s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    parameters = {"BotUserId": BOT_USER_ID, "AlertEmail": ALERT_EMAIL, "OperationsEmail": OPERATIONS_EMAIL, "XApiUrl": x_url,
                  "MediaHosts": f"{x_url},pbs.twimg.com", "WorkflowLogLevel": "ALL"}
    _sam(["deploy", "--config-file", str(ROOT / "samconfig.toml"), "--config-env", "sandbox", "--template-file", str(BUILD / "template.yaml"),
          "--s3-bucket", bucket, "--region", REGION, "--parameter-overrides", *at_hand(),
          *(f"{name}={value}" for name, value in parameters.items())], client_environment(endpoint), log)
    stack = client(endpoint, "cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    keys = Keys()
    client(endpoint, "secretsmanager").put_secret_value(SecretId=outputs["TwitterSecretArn"], SecretString=json.dumps({
        "ApiKey": keys.api_key, "ApiSecret": keys.api_secret, "AccessToken": keys.access_token, "AccessTokenSecret": keys.access_token_secret}))
    return outputs


def described(outputs: dict[str, str], endpoint: str, x_url: str) -> dict[str, str]:
    """The outputs as programs that join in need them: the webhook at the address that answers, and what the sandbox adds."""
    match = re.match(r"https://(\w+)\.execute-api\.[^/]+/([^/]+)(/.*)", outputs["WebhookUrl"])
    if not match:
        raise SamFailed(f"The webhook's address is not one of an API: {outputs['WebhookUrl']}")
    api, stage, path = match.groups()
    return {**outputs, "WebhookUrl": f"{endpoint}/restapis/{api}/{stage}/_user_request_{path}", "AwsEndpoint": endpoint, "Region": REGION,
            "XApiUrl": x_url, "BotUserId": BOT_USER_ID, "BotUsername": BOT_USERNAME}


def at_hand() -> list[str]:
    """The interpreter and processor of this machine, as `sam --parameter-overrides` takes them."""
    machine = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower(), "x86_64")
    return [f"PythonRuntime=python{sys.version_info.major}.{sys.version_info.minor}", f"Architecture={machine}"]


def _sam(arguments: list[str], environment: dict[str, str], log: Path) -> None:
    programs = Path(sys.executable).parent
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.time()
    with tempfile.TemporaryDirectory(prefix="sam-", ignore_cleanup_errors=True) as scratch:  # its builder leaves empty folders behind
        done = subprocess.run(
            [str(programs / "sam"), *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**environment, "PATH": f"{programs}:{environment['PATH']}", "SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2",
                 "NO_COLOR": "1", "TMPDIR": scratch})
    with log.open("a") as file:
        file.write(f"$ sam {' '.join(arguments)}\n{done.stdout}\n({time.time() - started:.1f} s)\n")
    if done.returncode:
        raise SamFailed(f"sam {arguments[0]} failed. The end of {log}:\n" + "\n".join(done.stdout.splitlines()[-25:]))
