"""post_tweet against X's stand-in, which checks OAuth 1.0a and X's limits for real: what is posted, and what each refusal and fault becomes."""

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from sandbox.x import Keys
from sandbox.x.api import Post
from sandbox.x.faults import Fault
from sandbox.x.server import Server
from tests import x_stand_in
from tests.http_host import Host, body, hangs_up, running, status
from tests.ingress import Secret
from tests.media import Bucket, picture

SAMPLES = Path(__file__).parents[2] / "events" / "post_tweet"
TWEETS, UPLOAD = "/2/tweets", "/2/media/upload"
Loader = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def app(load_function: Loader) -> ModuleType:
    return load_function("post_tweet")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with x_stand_in.running() as server:
        yield server


@pytest.fixture
def x(server: Server, app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Server:
    """X with nothing posted and no fault; the function is set up for it."""
    connect(app, monkeypatch, server.url)
    return x_stand_in.emptied(server)


@pytest.fixture
def host(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """In X's place, a server that can be told to answer anything."""
    with running() as host:
        connect(app, monkeypatch, host.origin)
        yield host


def filled(keys: Keys) -> str:
    """The secret as an operator fills it."""
    return json.dumps({"ApiKey": keys.api_key, "ApiSecret": keys.api_secret, "AccessToken": keys.access_token,
                       "AccessTokenSecret": keys.access_token_secret})


def connect(app: ModuleType, patch: pytest.MonkeyPatch, url: str, secret: Secret | None = None) -> Secret:
    secret = secret or Secret(filled(Keys()))
    patch.setattr(app, "secrets_manager", secret)
    for name, value in {"X_API_URL": url, "SECRET_ARN": "arn", "MEDIA_BUCKET": "media"}.items():
        patch.setenv(name, value)
    app._keys.cache_clear()
    return secret


def fill_bucket(app: ModuleType, patch: pytest.MonkeyPatch, event: dict[str, Any]) -> Bucket:
    """A bucket with a picture of its own for each image of the event."""
    keys = [*event.get("ImageKeys", []), *([event["ImageKey"]] if "ImageKey" in event else [])]
    bucket = Bucket(**{key: picture(color=(n, n, n)) for n, key in enumerate(keys)})
    patch.setattr(app, "_s3", lambda: bucket)
    return bucket


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return event


def posts(x: Server) -> list[Post]:
    return x.timeline.posts


# What is posted


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.json")))
def test_each_sample_is_posted(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    event = sample(name)
    bucket = fill_bucket(app, monkeypatch, event)
    answer = app.handler(event, None)
    post, = posts(x)
    assert answer == {"TweetId": post.id}
    assert post.in_reply_to_tweet_id == event.get("ReplyToTweetId")
    assert [x.timeline.media[each] for each in post.media_ids] == [bucket.objects[key]["Body"] for key in event.get("ImageKeys", [])]
    if "over-280" in name:
        assert post.text.endswith("…")
        assert event["Text"].startswith(post.text[:-1].rstrip())
    else:
        assert post.text == event["Text"]


def test_a_single_image_key_is_taken(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    event = {"Text": "Look", "ImageKey": "annotated/one.jpg"}
    bucket = fill_bucket(app, monkeypatch, event)
    app.handler(event, None)
    assert [x.timeline.media[each] for each in posts(x)[0].media_ids] == [bucket.objects["annotated/one.jpg"]["Body"]]


def test_of_five_images_the_first_four_are_posted_in_order(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    event = {"Text": "Look", "ImageKeys": [f"annotated/{n}.jpg" for n in range(5)]}
    bucket = fill_bucket(app, monkeypatch, event)
    app.handler(event, None)
    assert [x.timeline.media[each] for each in posts(x)[0].media_ids] == [bucket.objects[key]["Body"] for key in event["ImageKeys"][:4]]
    assert len(x.timeline.media) == 4


def test_images_are_posted_without_a_text(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    event = {"Text": None, "ImageKeys": ["annotated/one.jpg"]}
    fill_bucket(app, monkeypatch, event)
    app.handler(event, None)
    assert posts(x)[0].text == ""


@pytest.mark.parametrize("event", [{}, {"Text": ""}, {"Text": "  ", "ImageKeys": []}], ids=str)
def test_a_post_of_nothing_is_refused(app: ModuleType, x: Server, event: dict[str, Any]) -> None:
    with pytest.raises(app.x.TweetRefused):
        app.handler(event, None)
    assert posts(x) == []


@pytest.mark.parametrize("text", [
    "é & ü = 50% + 'quotes' \"too\"", "日本語のテキスト", "😂👩‍👩‍👧‍👦", "line\nbreak\ttab", "a=b&c=d", "null", "\\u0000"])
def test_any_characters_arrive_as_they_are(app: ModuleType, x: Server, text: str) -> None:
    app.handler({"Text": text}, None)
    assert posts(x)[0].text == text


# The signature


@pytest.mark.parametrize("keys", [
    Keys(), Keys("key+/=", "s&cr=t%20+/=", "1-token", "s p&ce~é"), Keys("k" * 25, "s" * 50, "7-" + "t" * 40, "u" * 45)], ids=["plain", "odd", "long"])
def test_x_accepts_the_signature(app: ModuleType, monkeypatch: pytest.MonkeyPatch, keys: Keys) -> None:
    with x_stand_in.running(keys) as server:
        event = sample("reply-with-images")
        fill_bucket(app, monkeypatch, event)
        connect(app, monkeypatch, server.url, Secret(filled(keys)))
        app.handler(event, None)
        assert len(posts(server)) == 1
        assert len(server.timeline.media) == 2


@pytest.mark.parametrize("wrong", Keys._fields)
def test_x_refuses_other_keys_and_that_is_final(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    connect(app, monkeypatch, x.url, Secret(filled(Keys()._replace(**{wrong: "other"}))))
    with pytest.raises(app.x.TweetRefused, match="401 Unauthorized"):
        app.handler(sample("reply"), None)
    assert posts(x) == []


def test_every_request_has_a_nonce_of_its_own(app: ModuleType, x: Server) -> None:
    for n in range(30):
        app.handler({"Text": f"Number {n}"}, None)
    assert len(posts(x)) == 30


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_the_address_may_end_in_a_slash(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setenv("X_API_URL", x.url + end)
    app.handler(sample("reply"), None)
    assert len(posts(x)) == 1


# Refusals


def test_the_same_reply_twice_is_a_duplicate(app: ModuleType, x: Server) -> None:
    app.handler(sample("reply"), None)
    with pytest.raises(app.x.DuplicateTweet, match="duplicate content"):
        app.handler(sample("reply"), None)
    assert len(posts(x)) == 1


@pytest.mark.parametrize(("code", "detail", "error"), [
    (400, "duplicate", "TweetRefused"), (403, "You may not", "TweetRefused"), (403, "A Duplicate it is", "DuplicateTweet")])
def test_only_a_403_that_says_so_is_a_duplicate(app: ModuleType, x: Server, code: int, detail: str, error: str) -> None:
    x.faults.add(Fault(TWEETS, code, body={"title": "No", "detail": detail}))
    with pytest.raises(getattr(app.x, error), match=f"^{code} No: {detail}$"):
        app.handler(sample("reply"), None)


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 409, 410, 413, 415, 422, 451])
@pytest.mark.parametrize("path", [TWEETS, UPLOAD])
def test_a_refusal_is_final_and_said_in_x_words(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch, path: str, code: int) -> None:
    event = sample("reply-with-images")
    fill_bucket(app, monkeypatch, event)
    x.faults.add(Fault(path, code, body={"title": "Not so", "detail": "Because. " * 100}))
    with pytest.raises(app.x.TweetRefused, match=f"^{code} Not so: Because") as refused:
        app.handler(event, None)
    assert len(str(refused.value)) <= 300
    assert posts(x) == []


@pytest.mark.parametrize("answer", [None, [], "<html>Forbidden</html>", {}, {"title": None, "detail": 7}, {"errors": [{"message": "no"}]}], ids=str)
def test_a_refusal_in_any_form_is_a_refusal(app: ModuleType, x: Server, answer: Any) -> None:
    x.faults.add(Fault(TWEETS, 403, body=answer if isinstance(answer, str) else json.dumps(answer)))
    with pytest.raises(app.x.TweetRefused, match=r"^403"):
        app.handler(sample("reply"), None)


def test_an_image_that_x_does_not_take_leaves_nothing_posted(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    event = sample("reply-with-images")
    fill_bucket(app, monkeypatch, event).put(event["ImageKeys"][1], b"%PDF-1.7")
    with pytest.raises(app.x.TweetRefused, match=r"^400"):
        app.handler(event, None)
    assert posts(x) == []


# Rate limits


def held_until(app: ModuleType, event: dict[str, Any]) -> datetime:
    """The time in the message of RateLimited, which is in the form that a one-time schedule takes."""
    with pytest.raises(app.x.RateLimited) as limited:
        app.handler(event, None)
    return datetime.strptime(str(limited.value), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)


def in_(**time: float) -> int:
    return int((datetime.now(UTC) + timedelta(**time)).timestamp())


@pytest.mark.parametrize("path", [TWEETS, UPLOAD])
def test_a_limit_ends_when_x_says(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    event, reset = sample("reply-with-images"), in_(minutes=7)
    fill_bucket(app, monkeypatch, event)
    x.faults.add(Fault(path, 429, headers={"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)}))
    assert held_until(app, event).timestamp() == reset
    assert posts(x) == []


@pytest.mark.parametrize("headers", [
    {}, {"x-rate-limit-reset": ""}, {"x-rate-limit-reset": "soon"}, {"x-rate-limit-reset": "1e9"}, {"x-rate-limit-reset": "9" * 30},
    {"x-rate-limit-reset": "-" + "9" * 30}, {"x-rate-limit-remaining": "0"}], ids=str)
def test_a_limit_without_a_sensible_end_lasts_a_quarter_of_an_hour(app: ModuleType, x: Server, headers: dict[str, str]) -> None:
    x.faults.add(Fault(TWEETS, 429, headers=headers))
    earliest = datetime.now(UTC) + timedelta(minutes=15)
    assert earliest - timedelta(seconds=1) <= held_until(app, sample("reply")) <= datetime.now(UTC) + timedelta(minutes=15)


@pytest.mark.parametrize("days", [2, 400, 40_000])
def test_an_end_too_far_away_is_not_believed(app: ModuleType, x: Server, days: int) -> None:
    x.faults.add(Fault(TWEETS, 429, headers={"x-rate-limit-reset": str(in_(days=days))}))
    earliest = datetime.now(UTC) + timedelta(hours=24)
    assert earliest - timedelta(seconds=1) <= held_until(app, sample("reply")) <= datetime.now(UTC) + timedelta(hours=24)


def test_an_end_that_has_passed_is_told_as_it_is(app: ModuleType, x: Server) -> None:
    reset = in_(minutes=-3)
    x.faults.add(Fault(TWEETS, 429, headers={"x-rate-limit-reset": str(reset)}))
    assert held_until(app, sample("reply")).timestamp() == reset


@pytest.mark.parametrize("whose", ["user", "app"])
@pytest.mark.parametrize(("left", "hours"), [("0", 9), ("5", 0.2)])
def test_a_limit_of_a_day_is_waited_for_where_it_is_used_up(app: ModuleType, x: Server, whose: str, left: str, hours: float) -> None:
    day, quarter = in_(hours=9), in_(hours=0.2)
    x.faults.add(Fault(TWEETS, 429, headers={
        "x-rate-limit-reset": str(quarter), f"x-{whose}-limit-24hour-remaining": left, f"x-{whose}-limit-24hour-reset": str(day)}))
    assert held_until(app, sample("reply")).timestamp() == (day if hours == 9 else quarter)


def test_the_post_is_taken_after_the_limit(app: ModuleType, x: Server) -> None:
    x.faults.add(Fault(TWEETS, 429, times=1))
    held_until(app, sample("reply"))
    app.handler(sample("reply"), None)
    assert len(posts(x)) == 1


# X in trouble


@pytest.mark.parametrize("code", [500, 502, 503, 504, 408, 599])
@pytest.mark.parametrize("path", [TWEETS, UPLOAD])
def test_trouble_at_x_is_worth_another_attempt(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch, path: str, code: int) -> None:
    event = sample("reply-with-images")
    fill_bucket(app, monkeypatch, event)
    x.faults.add(Fault(path, code))
    with pytest.raises(app.x.XUnavailable, match=str(code)):
        app.handler(event, None)
    assert posts(x) == []
    app.handler(event, None)
    assert len(posts(x)) == 1


@pytest.mark.parametrize("answer", [
    "", "not JSON", "{", "[]", "null", "7", '"text"', "{}", '{"data": null}', '{"data": []}', '{"data": {}}', '{"data": {"id": 7}}',
    '{"data": {"id": null}}', '{"data": {"id": ""}}', '{"id": "1"}', '{"errors": [{"message": "no"}]}', "[" * 100_000, "\ufeff"])
@pytest.mark.parametrize("code", [200, 201])
def test_success_without_an_id_is_not_believed(app: ModuleType, x: Server, answer: str, code: int) -> None:
    x.faults.add(Fault(TWEETS, code, body=answer))
    with pytest.raises(app.x.XUnavailable, match="without an id"):
        app.handler(sample("reply"), None)


def test_an_answer_that_is_no_text_is_not_believed(app: ModuleType, host: Host) -> None:
    host.serves(body(b"\xff\xfe\xfd"), TWEETS)
    with pytest.raises(app.x.XUnavailable, match="without an id"):
        app.handler(sample("reply"), None)


def test_x_that_takes_too_long_is_given_up(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.x, "TIMEOUT", app.x.urllib3.Timeout(connect=3, read=0.2))
    x.faults.add(Fault(TWEETS, 201, body={"data": {"id": "1"}}, delay=3))
    with pytest.raises(app.x.XUnavailable, match="ReadTimeoutError"):
        app.handler(sample("reply"), None)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(app: ModuleType, host: Host, code: int) -> None:
    host.serves(status(code, Location="/elsewhere"), TWEETS)
    host.serves(body(b'{"data": {"id": "1"}}'), "/elsewhere")
    with pytest.raises(app.x.XUnavailable, match=str(code)):
        app.handler(sample("reply"), None)
    assert host.asked == [TWEETS]


@pytest.mark.parametrize("answer", [hangs_up, body(b'{"data": {"id": "1"}}', declared=5000)], ids=["at-once", "in-the-middle"])
def test_a_connection_that_breaks_is_not_tried_again_here(app: ModuleType, host: Host, answer: Any) -> None:
    host.serves(answer, TWEETS)
    with pytest.raises(app.x.XUnavailable, match="connection to X failed"):
        app.handler(sample("reply"), None)
    assert host.asked == [TWEETS]


def test_x_that_is_not_there_is_unavailable(app: ModuleType, host: Host) -> None:
    host.stop()
    with pytest.raises(app.x.XUnavailable, match="connection to X failed"):
        app.handler(sample("reply"), None)


def test_upload_and_post_share_a_connection(app: ModuleType, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    event = sample("reply-with-images")
    fill_bucket(app, monkeypatch, event)
    for path in (UPLOAD, TWEETS):
        host.serves(body(b'{"data": {"id": "1"}}'), path)
    app.handler(event, None)
    assert host.asked == [UPLOAD, UPLOAD, TWEETS]
    assert len(set(host.callers)) == 1


# Images


@pytest.mark.parametrize("code", ["NoSuchKey", "AccessDenied"])
def test_an_image_that_is_gone_is_final(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    event = sample("reply-with-images")
    fill_bucket(app, monkeypatch, event).refuses_with = code
    with pytest.raises(app.x.TweetRefused, match="gone"):
        app.handler(event, None)
    assert posts(x) == []
    assert x.timeline.media == {}


@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "ServiceUnavailable"])
def test_trouble_at_s3_is_worth_another_attempt(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    event = sample("reply-with-images")
    fill_bucket(app, monkeypatch, event).refuses_with = code
    with pytest.raises(ClientError, match=code):
        app.handler(event, None)
    assert posts(x) == []


def test_s3_is_made_for_a_post_with_an_image_only(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_s3", lambda: pytest.fail("S3 was asked for"))
    app.handler(sample("reply"), None)
    monkeypatch.undo()
    assert app._s3() is app._s3()
    assert app._s3().meta.service_model.service_name == "s3"


# The secret


MALFORMED = ["", "not JSON", "[]", "null", "7", "{}", '{"ApiKey": "public-part"}', '"a secret in a string"',
             filled(Keys()).replace('"sandbox-api-secret"', "null"), filled(Keys(api_secret="")), filled(Keys(access_token="")),
             filled(Keys("", "", "", ""))]


@pytest.mark.parametrize("value", MALFORMED)
def test_a_secret_that_is_not_filled_in_is_final_and_not_quoted(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    connect(app, monkeypatch, x.url, Secret(value))
    with pytest.raises(app.x.TweetRefused) as refused:
        app.handler(sample("reply"), None)
    assert refused.value.__cause__ is None  # a decoder's error carries what it decoded
    shown = "".join(traceback.format_exception(refused.value))
    for part in ("sandbox-api-secret", "sandbox-access-token-secret", "public-part", "a secret in a string"):
        assert part not in shown
    assert posts(x) == []


def test_a_secret_is_used_as_soon_as_it_is_filled_in(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = connect(app, monkeypatch, x.url, Secret(filled(Keys("", "", "", ""))))
    with pytest.raises(app.x.TweetRefused):
        app.handler(sample("reply"), None)
    secret.value = filled(Keys())
    app.handler(sample("reply"), None)
    assert len(posts(x)) == 1


def test_a_rotated_secret_is_noticed_within_five_minutes(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_663_764_600.0
    monkeypatch.setattr(app.time, "time", lambda: now)  # oauthlib's timestamps come from here, too: X would refuse them
    monkeypatch.setattr(app.x.Client, "post", lambda self, text, reply_to, media: self._oauth.client_secret)
    secret = connect(app, monkeypatch, x.url)
    assert [app.handler(sample("reply"), None)["TweetId"] for _ in range(3)] == ["sandbox-api-secret"] * 3
    assert secret.reads == 1
    secret.value = filled(Keys(api_secret="rotated"))
    now += 299
    assert app.handler(sample("reply"), None)["TweetId"] == "sandbox-api-secret"
    now += 1
    assert app.handler(sample("reply"), None)["TweetId"] == "rotated"
    assert secret.reads == 2


@pytest.mark.parametrize("error", [
    ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "GetSecretValue"),
    ReadTimeoutError(endpoint_url="https://secretsmanager.eu-west-1.amazonaws.com")], ids=["throttled", "time-out"])
def test_trouble_at_secrets_manager_is_worth_another_attempt(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    class Unreachable(Secret):
        def get_secret_value(self, SecretId: str) -> dict[str, str]:
            raise error
    connect(app, monkeypatch, x.url, Unreachable())
    with pytest.raises(type(error)):
        app.handler(sample("reply"), None)


# The log


def test_the_log_has_neither_text_nor_secrets(app: ModuleType, x: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    event = sample("reply-with-images")
    fill_bucket(app, monkeypatch, event)
    caplog.set_level(logging.DEBUG)
    app.handler(event, None)
    with pytest.raises(app.x.DuplicateTweet):
        app.handler(event, None)
    logged = repr([record.__dict__ for record in caplog.records])
    for part in ("harry11", "Eileen", Keys().api_secret, Keys().access_token_secret):
        assert part not in logged
    record, = (record.__dict__ for record in caplog.records if record.name == "root")
    assert record["tweet_id"] == posts(x)[0].id
    assert record["images"] == 2
