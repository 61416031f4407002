"""X's stand-in takes the posts that X takes, and refuses those that X refuses."""

import base64
import time
from typing import Any

import httpx
import pytest
from oauthlib import oauth1

from sandbox.x import Keys
from sandbox.x.server import Server
from tests.media import picture
from tests.x.conftest import Post

TWEETS, UPLOAD = "/2/tweets", "/2/media/upload"


def is_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of a refusal."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert set(problem) == {"title", "detail", "type", "status"}
    assert problem["status"] == status
    return problem


def uploaded(post: Post, color: int = 0) -> str:
    return str(post(UPLOAD, files={"media": ("image", picture(color=(color,) * 3))}).raise_for_status().json()["data"]["id"])


# What is posted


def test_a_post_is_answered_as_x_answers(post: Post) -> None:
    response = post(TWEETS, json={"text": "Hello"})
    assert response.status_code == 201
    data = response.json()["data"]
    assert data == {"id": data["id"], "text": "Hello", "edit_history_tweet_ids": [data["id"]]}
    assert data["id"].isdigit()


def test_posts_are_listed_in_order_and_in_the_shape_that_programs_rely_on(x: Server, post: Post) -> None:
    media = [uploaded(post, 1), uploaded(post, 2)]
    first = post(TWEETS, json={"text": "Hello"}).json()["data"]["id"]
    second = post(TWEETS, json={"text": "Look", "reply": {"in_reply_to_tweet_id": "7"}, "media": {"media_ids": media}}).json()["data"]["id"]
    assert int(second) > int(first)
    listed = httpx.get(f"{x.url}/_sandbox/posts").json()
    assert listed == [
        {"id": first, "text": "Hello", "in_reply_to_tweet_id": None, "media": []},
        {"id": second, "text": "Look", "in_reply_to_tweet_id": "7", "media": [{"media_id": each, "url": f"{x.url}/media/{each}"} for each in media]}]
    assert httpx.get(listed[1]["media"][1]["url"]).content == picture(color=(2, 2, 2))
    assert httpx.get(f"{x.url}/_sandbox/posts", params={"after": first}).json() == listed[1:]


# The signature


@pytest.mark.parametrize("wrong", Keys._fields)
def test_other_keys_are_refused(x: Server, post: Post, wrong: str) -> None:
    is_problem(post(TWEETS, keys=Keys()._replace(**{wrong: "other"}), json={"text": "Hello"}), 401)
    assert x.timeline.posts == []


def test_a_signature_for_another_address_is_refused(x: Server) -> None:
    _, headers, _ = oauth1.Client(*Keys()).sign(x.url + UPLOAD, "POST")
    is_problem(httpx.post(x.url + TWEETS, headers=headers, json={"text": "Hello"}), 401)


def test_a_signature_for_another_method_is_refused(x: Server) -> None:
    _, headers, _ = oauth1.Client(*Keys()).sign(x.url + TWEETS, "GET")
    is_problem(httpx.post(x.url + TWEETS, headers=headers, json={"text": "Hello"}), 401)


def test_a_query_is_part_of_what_is_signed(x: Server, post: Post) -> None:
    assert post(f"{TWEETS}?a=b", json={"text": "Hello"}).status_code == 201
    _, headers, _ = oauth1.Client(*Keys()).sign(f"{x.url}{TWEETS}?a=b", "POST")
    is_problem(httpx.post(f"{x.url}{TWEETS}?a=c", headers=headers, json={"text": "Other"}), 401)


def test_a_form_is_part_of_what_is_signed(x: Server) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    _, headers, body = oauth1.Client(*Keys()).sign(x.url + TWEETS, "POST", "text=Hello", form)
    is_problem(httpx.post(x.url + TWEETS, headers=headers, content=body + "%21"), 401)
    _, headers, body = oauth1.Client(*Keys()).sign(x.url + TWEETS, "POST", "text=Hello", form)
    is_problem(httpx.post(x.url + TWEETS, headers=headers, content=body), 400)  # signed, but a post is JSON


def test_a_replayed_request_is_refused(x: Server) -> None:
    _, headers, _ = oauth1.Client(*Keys()).sign(x.url + TWEETS, "POST")
    assert httpx.post(x.url + TWEETS, headers=headers, json={"text": "Hello"}).status_code == 201
    is_problem(httpx.post(x.url + TWEETS, headers=headers, json={"text": "Another"}), 401)
    assert len(x.timeline.posts) == 1


@pytest.mark.parametrize(("seconds", "status"), [(-3600, 401), (-301, 401), (-200, 201), (200, 201), (310, 401), (3600, 401)])
def test_a_clock_that_is_wrong_is_refused(post: Post, seconds: int, status: int) -> None:
    assert post(TWEETS, oauth={"timestamp": str(int(time.time()) + seconds)}, json={"text": "Hello"}).status_code == status


@pytest.mark.parametrize("oauth", [
    {"timestamp": "soon"}, {"timestamp": "-5"}, {"signature_method": "PLAINTEXT"}, {"signature_method": "HMAC-SHA256"}], ids=str)
def test_odd_parameters_are_refused(post: Post, oauth: dict[str, str]) -> None:
    is_problem(post(TWEETS, oauth=oauth, json={"text": "Hello"}), 401)


@pytest.mark.parametrize("header", [
    None, "", "OAuth", "Bearer abc", "Basic abc", "OAuth oauth_consumer_key", 'OAuth oauth_consumer_key="', 'OAuth oauth_signature="%ff%fe"',
    'OAuth oauth_version="2.0"', "OAuth " + "x" * 5000, 'OAuth oauth_consumer_key="a", oauth_consumer_key="b"'])
@pytest.mark.parametrize("path", [TWEETS, UPLOAD])
def test_no_header_breaks_it(x: Server, path: str, header: str | None) -> None:
    is_problem(httpx.post(x.url + path, headers={} if header is None else {"Authorization": header}, json={"text": "Hello"}), 401)
    is_problem(httpx.post(x.url + path, headers={"Content-Type": "application/x-www-form-urlencoded"}, content=b"\xff=%ff&\xfe"), 401)


# The text


@pytest.mark.parametrize("text", ["x" * 280, "字" * 140, "😂" * 140, "see https://example.com/" + "x" * 300 + " " + "x" * 252, "e\u0301" * 280])
def test_a_text_of_280_is_taken(post: Post, text: str) -> None:
    assert post(TWEETS, json={"text": text}).status_code == 201


@pytest.mark.parametrize("text", ["x" * 281, "字" * 141, "😂" * 141, "see https://example.com/ " + "x" * 253, "a\ufeffb"])
def test_a_longer_text_is_refused(x: Server, post: Post, text: str) -> None:
    is_problem(post(TWEETS, json={"text": text}), 400)
    assert x.timeline.posts == []


@pytest.mark.parametrize("body", [
    {}, {"text": ""}, {"text": "  "}, {"text": None}, {"text": 7}, {"text": ["Hello"]}, {"text": {"a": 1}}, [], "text", 7, None,
    {"text": "Hello", "media": []}, {"text": "Hello", "media": "1"}, {"text": "Hello", "media": {"media_ids": "1"}},
    {"text": "Hello", "media": {"media_ids": {"a": 1}}}, {"text": "Hello", "media": {"media_ids": [1]}},
    {"text": "Hello", "media": {"media_ids": [["1"]]}},
    {"text": "Hello", "reply": []}, {"text": "Hello", "reply": "7"}, {"text": "Hello", "reply": {"in_reply_to_tweet_id": 7}},
    {"text": "Hello", "reply": {"in_reply_to_tweet_id": "seven"}}], ids=str)
def test_a_body_that_is_no_post_is_refused(x: Server, post: Post, body: Any) -> None:
    is_problem(post(TWEETS, json=body), 400)
    assert x.timeline.posts == []


@pytest.mark.parametrize("content", [b"", b"{", b"text=Hello", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(post: Post, content: bytes) -> None:
    is_problem(post(TWEETS, content=content), 400)


def test_the_same_text_twice_is_a_duplicate(x: Server, post: Post) -> None:
    post(TWEETS, json={"text": "Hello", "reply": {"in_reply_to_tweet_id": "7"}})
    problem = is_problem(post(TWEETS, json={"text": "Hello", "reply": {"in_reply_to_tweet_id": "7"}}), 403)
    assert "duplicate content" in problem["detail"]
    assert len(x.timeline.posts) == 1
    assert post(TWEETS, json={"text": "Hello", "reply": {"in_reply_to_tweet_id": "8"}}).status_code == 201


# Media


def test_of_media_one_to_four_are_taken(post: Post) -> None:
    media = [uploaded(post, n) for n in range(5)]
    assert post(TWEETS, json={"text": "Four", "media": {"media_ids": media[:4]}}).status_code == 201
    assert post(TWEETS, json={"media": {"media_ids": media[:1]}}).status_code == 201
    is_problem(post(TWEETS, json={"text": "Five", "media": {"media_ids": media}}), 400)


def test_unknown_media_are_refused(x: Server, post: Post) -> None:
    problem = is_problem(post(TWEETS, json={"text": "Look", "media": {"media_ids": [uploaded(post), "1"]}}), 400)
    assert "media IDs" in problem["detail"]
    assert x.timeline.posts == []


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_media_are_taken_as_a_form_and_as_json(x: Server, post: Post, form: str) -> None:
    content = picture(form=form)
    for sent in ({"files": {"media": ("image", content)}, "data": {"media_category": "tweet_image"}},
                 {"json": {"media": base64.b64encode(content).decode(), "media_category": "tweet_image"}}):
        data = post(UPLOAD, **sent).raise_for_status().json()["data"]
        assert data["size"] == len(content)
        assert data["media_key"] == f"3_{data['id']}"
        served = httpx.get(f"{x.url}/media/{data['id']}")
        assert served.content == content
        assert served.headers["content-type"] == f"image/{form.lower()}"


@pytest.mark.parametrize("content", [b"", b"<html>", b"%PDF-1.7", b"GIF89a" + b"\x00" * 50, b"RIFF\x00\x00\x00\x00WEBP"])
def test_media_of_other_kinds_are_refused(x: Server, post: Post, content: bytes) -> None:
    is_problem(post(UPLOAD, files={"media": ("image", content)}), 400)
    assert x.timeline.media == {}


@pytest.mark.parametrize(("size", "status"), [(5_000_000, 200), (5_000_001, 413)])
def test_media_of_more_than_five_megabytes_are_refused(post: Post, size: int, status: int) -> None:
    assert post(UPLOAD, files={"media": ("image", b"\xff\xd8\xff".ljust(size, b"\x00"))}).status_code == status


@pytest.mark.parametrize("sent", [
    {"content": b""}, {"content": b"{"}, {"json": {}}, {"json": []}, {"json": {"media": 7}}, {"json": {"media": "not base64!"}},
    {"json": {"media": "é"}}, {"files": {"other": ("image", b"\xff\xd8\xff")}}, {"files": {"x": ("x", b"x")}, "data": {"media": "text"}},
    {"content": b"junk", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    {"content": b"junk", "headers": {"Content-Type": "multipart/form-data"}}], ids=str)
def test_an_upload_without_media_is_refused(post: Post, sent: dict[str, Any]) -> None:
    is_problem(post(UPLOAD, **sent), 400)
