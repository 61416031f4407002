"""Another site's page can neither post to the console nor read it, by whatever name it reaches this machine."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from console.guard import guarded
from tests.console.asking import OWN, ask

EVIL = "https://evil.example"


async def _answer(request: Request) -> Response:
    return PlainTextResponse("done")


@pytest.fixture(scope="module")
def app() -> ASGIApp:
    routes = [Route("/", _answer), Route("/api/redrive", _answer, methods=["GET", "POST"])]
    return guarded(Starlette(routes=routes), "http://127.0.0.1:4580")


@pytest.mark.parametrize("headers", [
    {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
    {"Origin": EVIL},
    {"Origin": "null"},  # a sandboxed frame, a file
    {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-site"},  # another port of this machine
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},  # a form that posts
], ids=str)
def test_another_site_cannot_post(app: ASGIApp, headers: dict[str, str]) -> None:
    assert ask(app, "POST", "/api/redrive", headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}], ids=str)
def test_another_site_cannot_read(app: ASGIApp, headers: dict[str, str]) -> None:
    assert ask(app, "GET", "/api/redrive", headers=headers).status_code == 403


def test_a_name_that_was_made_to_lead_here_is_refused(app: ASGIApp) -> None:
    assert ask(app, "GET", "/", headers={"Host": "evil.example:4590"}).status_code == 400
    rebound = {"Host": "evil.example:4590", "Origin": "http://evil.example:4590", "Sec-Fetch-Site": "same-origin"}
    assert ask(app, "POST", "/api/redrive", headers=rebound).status_code == 400


@pytest.mark.parametrize("headers", [
    {}, {"Origin": OWN, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}], ids=str)
def test_its_own_page_and_a_command_line_may_post(app: ASGIApp, headers: dict[str, str]) -> None:
    assert ask(app, "POST", "/api/redrive", headers=headers).text == "done"


def test_a_link_on_another_site_opens_the_page(app: ASGIApp) -> None:
    assert ask(app, "GET", "/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).text == "done"


def test_the_page_may_load_nothing_from_elsewhere_and_be_framed_by_nobody(app: ASGIApp) -> None:
    for response in (ask(app, "GET", "/"), ask(app, "POST", "/api/redrive", headers={"Origin": EVIL})):
        policy = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert "http://127.0.0.1:4580" in policy["img-src"]
