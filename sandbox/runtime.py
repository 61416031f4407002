"""The sandbox as a whole: the embedded AWS, X, the deployed application, and the file that tells other programs where they are."""

import contextlib
import json
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from sandbox import stack
from sandbox.embedded_aws import EmbeddedAws
from sandbox.x import BOT_USER_ID, Keys
from sandbox.x.server import PHOTOS, Server
from tools.ports import free_port
from tools.stack import Failure, of_sandbox
from tools.x import api as x_api
from tools.x.connection import SUMMONS

FOLDER = stack.ROOT / ".sandbox"
SECONDS = 60  # that a busy machine may take to answer

Report = Callable[[str, float], None]


class WebhookRefused(RuntimeError):
    """X did not take the webhook."""


class Sandbox:
    """`with Sandbox() as sandbox:` brings everything up and takes it down again.

    `outputs` is what `.sandbox/outputs.json` holds; `report(step, seconds)` is told of each step as it ends; `settings` are further variables
    of the embedded AWS's environment. Without a `console_port` there is no console.
    """

    def __init__(self, port: int = 4566, x_port: int = 4580, report: Report = lambda step, seconds: None, folder: Path = FOLDER,
                 settings: dict[str, str] | None = None, console_port: int | None = None) -> None:
        self._console_port = console_port
        self._ports, self._report, self._folder, self._settings = (port, x_port), report, folder, settings
        self._ending = contextlib.ExitStack()
        self.outputs: dict[str, str] = {}

    def __enter__(self) -> "Sandbox":
        try:
            self._start()
        except BaseException:
            self._ending.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ending.close()

    def _start(self) -> None:
        shutil.rmtree(self._folder / "logs", ignore_errors=True)
        logs = self._folder / "logs"
        self.aws = aws = EmbeddedAws(free_port(self._ports[0]), logs / "aws.log", self._settings)
        self._ending.callback(aws.stop)
        workers = self._ending.enter_context(ThreadPoolExecutor(1))  # the build needs no AWS, so that both begin at once
        built = workers.submit(self._step, "Application built (sam build)", lambda: stack.build(logs / "sam.log"))
        self._step("Embedded AWS started", aws.start)
        self.x = Server(free_port(self._ports[1]))
        self._step("X's stand-in started", self.x.start)
        self._ending.callback(self.x.stop)
        built.result()
        loaded = workers.submit(_open_eyes, aws.endpoint)
        outputs = self._step("Application deployed (sam deploy)", lambda: stack.deploy(aws.endpoint, self.x.url, logs / "sam.log"))
        self.outputs = stack.described(outputs, aws.endpoint, self.x.url)
        self._step("Webhook registered with X, challenge answered", self._register)
        wait([loaded])
        if self._console_port is not None:
            self._step("Console started", self._open_console)
        self._write("outputs.json", json.dumps(self.outputs, indent=2) + "\n")
        self._write("env", "".join(f"export {name}={value}\n" for name, value in self.environment.items()))

    def _open_console(self) -> None:
        from console.deployment import Deployment  # the demo and most tests do without
        from console.server import Server as Console

        console = Console(Deployment(of_sandbox(self.outputs), self.x.url, self.aws.endpoint), free_port(self._console_port or 0))
        console.start()
        self._ending.callback(console.stop)
        self.outputs["ConsoleUrl"] = console.url

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs in its environment to join in: SAM, the AWS CLI, boto3, and where a microservice of one's own listens."""
        return {"AWS_ENDPOINT_URL": self.outputs["AwsEndpoint"], "AWS_DEFAULT_REGION": self.outputs["Region"],
                "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "X_API_URL": self.outputs["XApiUrl"],
                "EVENT_BUS_NAME": self.outputs["EventBusName"], "OPERATIONS_TOPIC_ARN": self.outputs["OperationsTopicArn"],
                **({"CONSOLE_URL": self.outputs["ConsoleUrl"]} if "ConsoleUrl" in self.outputs else {})}

    def _write(self, name: str, content: str) -> None:
        """Writes a file that is there as long as the sandbox is up."""
        path = self._folder / name
        self._ending.callback(path.unlink, missing_ok=True)
        path.write_text(content)

    def _step(self, name: str, run: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = run()
        self._report(name, time.perf_counter() - started)
        return result

    def _register(self) -> None:
        try:
            keys = x_api.Keys(*Keys())
            webhook = x_api.App(self.x.url, keys).add_webhook(self.outputs["WebhookUrl"])["id"]
            account = x_api.Account(self.x.url, keys)
            account.follow_by_account_activity(webhook)
            for event_type in SUMMONS:
                account.follow_by_x_activity(event_type, BOT_USER_ID, webhook)
        except Failure as failure:
            raise WebhookRefused(str(failure)) from failure

    def client(self, service: str) -> Any:
        """A boto3 client of the embedded AWS."""
        return stack.client(self.outputs["AwsEndpoint"], service)

    def deliver(self, payload: dict[str, Any] | bytes) -> dict[str, Any]:
        """Has X sign and deliver a payload; returns the webhook's `status` and `body`."""
        content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        answer: dict[str, Any] = httpx.post(f"{self.x.url}/_sandbox/deliver", content=content, timeout=SECONDS).raise_for_status().json()
        return answer

    def posts(self) -> list[dict[str, Any]]:
        """What the bot posted, in order."""
        posts: list[dict[str, Any]] = httpx.get(f"{self.x.url}/_sandbox/posts", timeout=SECONDS).raise_for_status().json()
        return posts

    def mails(self) -> list[dict[str, Any]]:
        """The e-mails that SNS sent."""
        answer = httpx.get(f"{self.outputs['AwsEndpoint']}/_ministack/ses/messages", timeout=SECONDS).raise_for_status().json()
        return [mail for mails in answer["messages"].values() for mail in mails]


def _open_eyes(endpoint: str) -> None:
    """Shows Rekognition a photo, so that the first one that matters does not wait for the models to be loaded."""
    rekognition, image = stack.client(endpoint, "rekognition"), {"Bytes": (PHOTOS / "astronaut.jpg").read_bytes()}
    rekognition.recognize_celebrities(Image=image)
    rekognition.detect_labels(Image=image)
    rekognition.detect_text(Image=image)
