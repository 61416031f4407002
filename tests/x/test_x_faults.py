"""X's stand-in fails as it is told to."""

import time
from typing import Any

import httpx
import pytest

from sandbox.x.server import Server
from tests.media import picture
from tests.x.conftest import Post

TWEETS = "/2/tweets"


def inject(x: Server, **fault: Any) -> httpx.Response:
    return httpx.post(f"{x.url}/_sandbox/faults", json=fault)


def test_a_fault_answers_as_told_so_often_and_no_oftener(x: Server, post: Post) -> None:
    told = {"path": TWEETS, "status": 429, "times": 2, "headers": {"x-rate-limit-reset": "1700000000"}, "body": {"title": "Slow down"}}
    answer = inject(x, **told)
    assert answer.status_code == 200
    assert told.items() <= answer.json().items()
    for _ in range(2):
        response = post(TWEETS, json={"text": "Hello"})
        assert (response.status_code, response.json(), response.headers["x-rate-limit-reset"]) == (429, {"title": "Slow down"}, "1700000000")
    assert x.timeline.posts == []
    assert post(TWEETS, json={"text": "Hello"}).status_code == 201


def test_a_fault_told_of_nothing_but_its_path_is_a_503_once(x: Server, post: Post) -> None:
    inject(x, path=TWEETS)
    response = post(TWEETS, json={"text": "Hello"})
    assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
    assert response.json()["status"] == 503
    assert post(TWEETS, json={"text": "Hello"}).status_code == 201


@pytest.mark.parametrize(("body", "text"), [
    ("<html>", "<html>"), ("", ""), ([], "[]"), ({"a": "é"}, '{"a": "\\u00e9"}'), (0, "0"), (False, "false")], ids=str)
def test_a_body_is_sent_as_it_is(x: Server, post: Post, body: Any, text: str) -> None:
    inject(x, path=TWEETS, status=201, body=body)
    assert post(TWEETS, json={"text": "Hello"}).text == text


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(x: Server, post: Post, status: int) -> None:
    inject(x, path=TWEETS, status=status)
    response = post(TWEETS, json={"text": "Hello"})
    assert (response.status_code, response.content) == (status, b"")


def test_a_fault_is_for_its_path_only_whatever_the_query(x: Server, post: Post) -> None:
    inject(x, path="/2/media/upload", status=500)
    assert post(TWEETS, json={"text": "Hello"}).status_code == 201
    assert post("/2/media/upload?a=b", files={"media": ("image", picture())}).status_code == 500


def test_faults_on_one_path_come_one_after_the_other(x: Server, post: Post) -> None:
    for status in (500, 403, 429):
        inject(x, path=TWEETS, status=status)
    assert [post(TWEETS, json={"text": "Hello"}).status_code for _ in range(4)] == [500, 403, 429, 201]


def test_faults_can_be_taken_back(x: Server, post: Post) -> None:
    inject(x, path=TWEETS, status=500, times=1000)
    assert httpx.delete(f"{x.url}/_sandbox/faults").status_code == 200
    assert post(TWEETS, json={"text": "Hello"}).status_code == 201


def test_an_answer_can_be_late(x: Server, post: Post) -> None:
    inject(x, path=TWEETS, status=201, body={}, delay=5)
    with pytest.raises(httpx.ReadTimeout):
        post(TWEETS, json={"text": "Hello"}, timeout=0.3)
    assert post(TWEETS, json={"text": "Hello"}).status_code == 201


def test_nobody_else_waits_for_a_late_answer(x: Server, post: Post) -> None:
    inject(x, path=TWEETS, delay=3)
    with pytest.raises(httpx.ReadTimeout):
        post(TWEETS, json={"text": "Hello"}, timeout=0.2)
    assert post("/2/media/upload", files={"media": ("image", picture())}, timeout=2).status_code == 200


def test_an_answer_can_be_lost_after_the_post_was_made(x: Server, post: Post) -> None:
    inject(x, path=TWEETS, status=500, after=True)
    assert post(TWEETS, json={"text": "Hello"}).status_code == 500
    assert [each.text for each in x.timeline.posts] == ["Hello"]
    assert post(TWEETS, json={"text": "Hello"}).status_code == 403


def test_an_answer_can_be_late_and_right(x: Server, post: Post) -> None:
    inject(x, path=TWEETS, status=None, delay=0.1)
    response = post(TWEETS, json={"text": "Hello"})
    assert (response.status_code, response.json()["data"]["text"]) == (201, "Hello")


def test_only_requests_with_its_texts_are_met(x: Server, post: Post) -> None:
    inject(x, path=TWEETS, status=500, match=["@harry11", "joke"])
    assert post(TWEETS, json={"text": "@harry11 a fact"}).status_code == 201
    assert post(TWEETS, json={"text": "@harry11 a joke"}).status_code == 500


def test_photos_fail_on_request_too(x: Server) -> None:
    inject(x, path="/media/astronaut.jpg", status=404)
    assert httpx.get(f"{x.url}/media/astronaut.jpg").status_code == 404
    assert httpx.get(f"{x.url}/media/astronaut.jpg").status_code == 200


@pytest.mark.parametrize("fault", [
    {}, {"path": None}, {"path": 7}, {"path": "2/tweets"}, {"path": TWEETS, "status": 99}, {"path": TWEETS, "status": 1000},
    {"path": TWEETS, "status": "429"}, {"path": TWEETS, "times": 0}, {"path": TWEETS, "times": "2"}, {"path": TWEETS, "headers": []},
    {"path": TWEETS, "headers": {"a": 1}}, {"path": TWEETS, "headers": {"a b": "c"}}, {"path": TWEETS, "headers": {"a": "b\nc"}},
    {"path": TWEETS, "headers": {"a": "☺"}}, {"path": TWEETS, "delay": -1}, {"path": TWEETS, "delay": "1"}, {"path": TWEETS, "match": "text"},
    {"path": TWEETS, "surprise": 1}], ids=str)
def test_a_fault_that_cannot_be_is_refused(x: Server, post: Post, fault: dict[str, Any]) -> None:
    answer = inject(x, **fault)
    assert (answer.status_code, answer.json()["title"]) == (400, "Invalid Request")
    assert post(TWEETS, json={"text": str(time.time_ns())}).status_code == 201


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"7", b"\xff"])
def test_what_is_no_fault_is_refused(x: Server, content: bytes) -> None:
    assert httpx.post(f"{x.url}/_sandbox/faults", content=content).status_code == 400


def test_a_fault_below_a_path_strikes_programs_and_spares_pictures_on_a_page(x: Server) -> None:
    url = httpx.post(f"{x.url}/_sandbox/media", content=b"\x89PNG picture").json()["url"]
    inject(x, path="/media/*", status=404, times=1)
    assert httpx.get(url, headers={"Sec-Fetch-Dest": "image"}).status_code == 200
    assert httpx.get(url).status_code == 404
    assert httpx.get(url).status_code == 200


def test_faults_are_listed_and_one_of_them_ended(x: Server) -> None:
    first, second = (inject(x, path=path, times=5).json()["id"] for path in ("/one", "/two"))
    httpx.delete(f"{x.url}/_sandbox/faults", params={"id": first})
    left = {fault["id"]: fault["times"] - fault["struck"] for fault in httpx.get(f"{x.url}/_sandbox/faults").json()}
    assert left == {first: 0, second: 5}
