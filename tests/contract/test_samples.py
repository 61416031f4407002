"""Schemas, samples and what ingress really publishes agree with each other and with the names that other programs use."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from tests import functions
from tests.ingress import SAMPLES, Bus, connect, mismatches, sample, sign

ROOT = Path(__file__).parents[2]
SCHEMAS, EVENTS = ROOT / "schemas", ROOT / "events"
TWITTER = ["TWEETED", "FAVOURITED", "FOLLOWED", "UNFOLLOWED", "BLOCKED", "UNBLOCKED", "MUTED", "UNMUTED", "PERMISSION_REVOKED", "DM_RECEIVED",
           "DM_TYPING", "DM_MARKED_READ", "DELETED"]
ANY_SOURCE = ["MESSAGE_RECEIVED", "MESSAGE_ANALYSED", "MESSAGE_ANALYSIS_FAILED"]  # a message may come from another source than X
BOT_EVENTS = ["SEND_TWEET", "TWEET_SENT", "TWEET_FAILED"]
RELIED_UPON = [*(f"TWITTER_{kind}" for kind in TWITTER), *ANY_SOURCE, *BOT_EVENTS]
DETAIL_TYPES = sorted(path.stem for path in SCHEMAS.glob("*.json"))
# The fields that other programs rely on.
REQUIRED = {
    "MESSAGE_RECEIVED": ["MessageId", "Text", "Author"], "MESSAGE_ANALYSED": ["MessageId", "Text", "Author", "Analysis"],
    "MESSAGE_ANALYSIS_FAILED": ["Error", "Cause"], "SEND_TWEET": ["Text"], "TWEET_SENT": ["IdempotencyKey", "Text"],
    "TWEET_FAILED": ["IdempotencyKey", "Error", "Cause"],
}
REFUSED = {"crc-without-token": 400, "malformed-body": 400, "body-not-an-object": 400, "no-body": 400, "wrong-signature": 401,
           "short-signature": 401, "missing-signature": 401}
UNSIGNED = {"crc-challenge", "crc-without-token", "no-body", "wrong-signature", "short-signature", "missing-signature"}
# Where a webhook sample's outcome is a sample too, the two are the same.
PUBLISHED = [
    ("account-activity-mention", "TWITTER_TWEETED"),
    ("account-activity-mention", "MESSAGE_RECEIVED"),
    ("x-activity-mention", "MESSAGE_RECEIVED"),
    ("account-activity-mention-with-photo", "MESSAGE_RECEIVED.with-photo"),
    ("x-activity-mention-with-photo", "MESSAGE_RECEIVED.with-photo"),
    ("account-activity-mention-with-four-photos", "MESSAGE_RECEIVED.four-photos"),
    ("x-activity-mention-with-four-photos", "MESSAGE_RECEIVED.four-photos"),
    ("account-activity-mention-in-no-language", "MESSAGE_RECEIVED.no-language"),
    ("x-activity-mention-in-no-language", "MESSAGE_RECEIVED.no-language"),
    ("account-activity-not-mentioned", "TWITTER_TWEETED.not-mentioned"),
    ("account-activity-favourite", "TWITTER_FAVOURITED"),
    ("account-activity-follow", "TWITTER_FOLLOWED"),
    ("account-activity-unfollow", "TWITTER_UNFOLLOWED"),
    ("account-activity-block", "TWITTER_BLOCKED"),
    ("account-activity-unblock", "TWITTER_UNBLOCKED"),
    ("account-activity-mute", "TWITTER_MUTED"),
    ("account-activity-unmute", "TWITTER_UNMUTED"),
    ("account-activity-permission-revoked", "TWITTER_PERMISSION_REVOKED"),
    ("account-activity-direct-message", "TWITTER_DM_RECEIVED"),
    ("account-activity-direct-message-typing", "TWITTER_DM_TYPING"),
    ("account-activity-direct-message-read", "TWITTER_DM_MARKED_READ"),
    ("account-activity-delete", "TWITTER_DELETED"),
    ("replay-job-status", "TWITTER_REPLAY_JOB_STATUS"),
]
EVENT_SAMPLES = sorted(path.stem for path in EVENTS.glob("*.json"))
REQUESTS = sorted(path.stem for path in SAMPLES.glob("*.json"))


def schema_of(detail_type: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{detail_type}.json").read_text())
    return schema


def event(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return value


@pytest.fixture(scope="module")
def app() -> Iterator[ModuleType]:
    with functions.no_aws():
        yield functions.load("twitter_webhook")


@pytest.fixture
def bus(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Bus:
    return connect(app, monkeypatch)


def test_every_detail_type_has_a_schema_and_a_sample() -> None:
    assert set(RELIED_UPON) <= set(DETAIL_TYPES)
    assert {name.split(".")[0] for name in EVENT_SAMPLES} == set(DETAIL_TYPES)
    assert set(DETAIL_TYPES) <= set(EVENT_SAMPLES)


@pytest.mark.parametrize("detail_type", DETAIL_TYPES)
def test_schema_is_draft_4_of_the_whole_event(detail_type: str) -> None:
    schema = schema_of(detail_type)
    jsonschema.Draft4Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-04/schema#"
    assert schema["description"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", schema["x-since"])
    assert schema["x-amazon-events-detail-type"] == detail_type
    assert schema["x-amazon-events-source"]
    assert schema["properties"]["detail-type"] == {"enum": [detail_type]}
    assert set(schema["required"]) == {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}
    assert schema["properties"]["source"].get("enum") == (None if detail_type in ANY_SOURCE else [schema["x-amazon-events-source"]])


@pytest.mark.parametrize("detail_type", RELIED_UPON)
def test_schema_asks_for_what_other_programs_rely_on(detail_type: str) -> None:
    schema = schema_of(detail_type)
    assert schema["x-amazon-events-source"] == ("BOT" if detail_type in BOT_EVENTS else "TWITTER")
    assert schema["properties"]["detail"].get("required", []) == REQUIRED.get(detail_type, [])


@pytest.mark.parametrize("detail_type", DETAIL_TYPES)
def test_schema_takes_fields_of_the_future(detail_type: str) -> None:
    value = event(detail_type)
    value["detail"]["NewField"] = value["new-field"] = {"any": "thing"}
    jsonschema.validate(value, schema_of(detail_type), jsonschema.Draft4Validator)


@pytest.mark.parametrize("detail_type", DETAIL_TYPES)
def test_every_field_of_a_detail_says_what_it_means(detail_type: str) -> None:
    fields = schema_of(detail_type)["properties"]["detail"].get("properties", {})
    assert not [name for name, field in fields.items() if not field.get("description")]


@pytest.mark.parametrize("detail_type", DETAIL_TYPES)
def test_schema_misses_what_is_required(detail_type: str) -> None:
    validator = jsonschema.Draft4Validator(schema_of(detail_type))
    schema = schema_of(detail_type)
    for holder, fields in (((), schema["required"]), (("detail",), schema["properties"]["detail"].get("required", []))):
        for field in fields:
            value = event(detail_type)
            target = value[holder[0]] if holder else value
            del target[field]
            assert not validator.is_valid(value), field


@pytest.mark.parametrize("name", EVENT_SAMPLES)
def test_sample_validates(name: str) -> None:
    jsonschema.validate(event(name), schema_of(name.split(".")[0]), jsonschema.Draft4Validator)


@pytest.mark.parametrize("name", EVENT_SAMPLES)
def test_only_what_stems_from_a_replay_says_so(name: str) -> None:
    value = event(name)
    replayed = "replayed" in name.partition(".")[2].split("-")
    assert ("replay-name" in value or "ReplayName" in value["detail"]) == replayed


@pytest.mark.parametrize("name", REQUESTS)
def test_webhook_sample_is_signed_as_its_name_says(name: str) -> None:
    if name in UNSIGNED or sample(name)["isBase64Encoded"]:
        return
    headers = {key.lower(): value for key, value in sample(name)["headers"].items()}
    assert headers["x-twitter-webhooks-signature"] == sign(sample(name)["body"].encode())


@pytest.mark.parametrize("name", REQUESTS)
def test_what_ingress_publishes_validates(app: ModuleType, bus: Bus, name: str) -> None:
    response = app.handler(sample(name), None)
    assert response["statusCode"] == REFUSED.get(name, 200)
    assert [mismatches(each) for each in bus.taken if mismatches(each)] == []
    assert bool(bus.taken) == (name not in REFUSED and name != "crc-challenge")


@pytest.mark.parametrize(("request_name", "event_name"), PUBLISHED)
def test_event_sample_is_what_ingress_publishes(app: ModuleType, bus: Bus, request_name: str, event_name: str) -> None:
    app.handler(sample(request_name), None)
    details = [json.loads(each["Detail"]) for each in bus.taken if each["DetailType"] == event_name.split(".")[0]]
    assert details == [event(event_name)["detail"]]
