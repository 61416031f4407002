"""Every function sample through its handler as `sam local invoke` runs it: the artefact of `sam build` behind AWS's runtime interface emulator,
with the deployed function's variables, in the deployed sandbox's AWS.

Two variables differ, so that a sample touches nobody else's test: the webhook publishes to a bus that nobody listens to, and posts go to an X
of their own.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import stack
from sandbox.x.server import PHOTOS
from tests import functions, ingress, rie, x_stand_in
from tests.integration.bot import Bot

EVENTS = stack.ROOT / "events"
FUNCTIONS = {"twitter_webhook": "Ingress/TwitterWebhookFunction", "download_image": "Analysis/DownloadImageFunction",
             "annotate_image": "Responding/AnnotateImageFunction", "fulfil_intent": "Responding/FulfilIntentFunction",
             "post_tweet": "Egress/PostTweetFunction"}


def container_engine() -> bool:
    """Whether Docker, or what answers in its place, is up."""
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "info"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not rie.can_run(), reason="the SAM CLI's runtime interface emulator is a program for Linux")


def samples(function: str) -> dict[str, Any]:
    """The samples of a function by their names."""
    found = {path.stem: json.loads(path.read_text()) for path in sorted((EVENTS / function).glob("*.json"))}
    assert found
    return found


@contextlib.contextmanager
def running(bot: Bot, function: str, folder: Path, **overrides: str) -> Iterator[rie.Function]:
    """A function's artefact, with the variables of the deployed one."""
    with rie.running(stack.BUILD / FUNCTIONS[function], configuration(bot, function), bot.outputs["AwsEndpoint"], folder, **overrides) as started:
        yield started


def configuration(bot: Bot, function: str) -> dict[str, Any]:
    """The deployed function's."""
    microservice, logical_id = FUNCTIONS[function].split("/")
    found: dict[str, Any] = bot.client("lambda").get_function_configuration(FunctionName=bot.resource(microservice, logical_id))
    return found


def test_every_function_has_samples() -> None:
    assert {path.name for path in EVENTS.iterdir() if path.is_dir()} == set(FUNCTIONS) == {
        path.name for path in (stack.ROOT / "functions").iterdir() if path.is_dir()}


@pytest.fixture
def bus(bot: Bot) -> Iterator[str]:
    """A bus that nobody listens to."""
    bot.client("events").create_event_bus(Name="samples")
    yield "samples"
    bot.client("events").delete_event_bus(Name="samples")


def test_webhook_answers_each_sample_as_its_unit_tests_have_it(bot: Bot, bus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with functions.no_aws():
        app = functions.load("twitter_webhook")
        ingress.connect(app, monkeypatch)
        expected = {name: app.handler(event, None) for name, event in samples("twitter_webhook").items()}
    with running(bot, "twitter_webhook", tmp_path, EVENT_BUS_NAME=bus) as function:
        assert {name: function.invoke(event) for name, event in samples("twitter_webhook").items()} == expected
    assert {answer["statusCode"] for answer in expected.values()} == {200, 400, 401}


def test_images_are_downloaded_or_refused_as_their_samples_say(bot: Bot, tmp_path: Path) -> None:
    """A photo's host is X's stand-in, which has a picture for it and, unlike X's own, needs no network."""
    photo, media, key = (PHOTOS / "astronaut.jpg").read_bytes(), bot.outputs["MediaBucketName"], ""
    with running(bot, "download_image", tmp_path) as function:
        for name, event in samples("download_image").items():
            if name.startswith("refused-"):
                assert function.invoke(event)["errorType"] == "ImageRefused", name
                continue
            url = bot.hosted(photo) + ("?" + event["Url"].partition("?")[2] if "?" in event["Url"] else "")
            answer = function.invoke({"Url": url})
            assert answer["Url"] == url, answer
            key = answer["Key"]
            assert bot.client("s3").get_object(Bucket=media, Key=key)["Body"].read() == photo, name
    assert key


def test_names_are_drawn_on_each_sample(bot: Bot, tmp_path: Path) -> None:
    s3, media, original = bot.client("s3"), bot.outputs["MediaBucketName"], (PHOTOS / "astronaut.jpg").read_bytes()
    s3.put_object(Bucket=media, Key=samples("annotate_image")["celebrity"]["Key"], Body=original)
    with running(bot, "annotate_image", tmp_path) as function:
        answers = {name: function.invoke(event) for name, event in samples("annotate_image").items()}
    assert answers.pop("nobody")["errorType"] == "ValueError"
    drawn = {answer["Key"]: s3.get_object(Bucket=media, Key=answer["Key"])["Body"].read() for answer in answers.values()}
    assert all(content.startswith(b"\xff\xd8") for content in drawn.values())
    assert original not in drawn.values()
    assert len(drawn) == len(answers)  # each by a key of its own


def test_intents_are_fulfilled_as_their_samples_say(bot: Bot, tmp_path: Path) -> None:
    with running(bot, "fulfil_intent", tmp_path) as function:
        answers = {name: function.invoke(event) for name, event in samples("fulfil_intent").items()}
    assert {name: answer["sessionState"]["intent"]["state"] for name, answer in answers.items()} == {
        "joke": "Fulfilled", "fact": "Fulfilled", "unknown-intent": "Failed"}
    assert all(answer["messages"][0]["content"] for answer in answers.values())


def test_each_post_sample_is_posted(bot: Bot, tmp_path: Path) -> None:
    wanted, picture = samples("post_tweet"), (PHOTOS / "astronaut.jpg").read_bytes()
    for key in {key for event in wanted.values() for key in event.get("ImageKeys", [])}:
        bot.client("s3").put_object(Bucket=bot.outputs["MediaBucketName"], Key=key, Body=picture)
    with x_stand_in.running() as x, running(bot, "post_tweet", tmp_path, X_API_URL=x.url) as function:
        answers = {name: function.invoke(event) for name, event in wanted.items()}
        posts = {post.id: post for post in x.timeline.posts}
    assert answers.keys() == wanted.keys()
    assert [answers[name].get("errorType") for name in wanted] == [None] * len(wanted), answers
    for name, event in wanted.items():
        post = posts[answers[name]["TweetId"]]
        assert (post.in_reply_to_tweet_id, len(post.media_ids)) == (event.get("ReplyToTweetId"), len(event.get("ImageKeys", []))), name


@pytest.mark.skipif(not container_engine(), reason="no container engine answers, which `sam local invoke` needs; the tests above did without")
@pytest.mark.parametrize(("function", "name"), [("twitter_webhook", "crc-challenge"), ("fulfil_intent", "joke")])
def test_sam_local_invoke_runs_a_sample(bot: Bot, tmp_path: Path, function: str, name: str) -> None:
    deployed = configuration(bot, function)
    variables = tmp_path / "variables.json"
    variables.write_text(json.dumps({"Parameters": {**deployed["Environment"]["Variables"], "AWS_ENDPOINT_URL": bot.outputs["AwsEndpoint"]}}))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("sam")), "local", "invoke", FUNCTIONS[function], "--template", str(stack.BUILD / "template.yaml"),
         "--event", str(EVENTS / function / f"{name}.json"), "--env-vars", str(variables), "--docker-network", "host",
         "--parameter-overrides", *stack.at_hand()],
        capture_output=True, text=True, env={**os.environ, **bot.sandbox.environment, "SAM_CLI_TELEMETRY": "0"})
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert "errorMessage" not in answer
    assert answer.get("statusCode", 200) == 200
