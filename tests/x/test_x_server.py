"""X's stand-in as a server: its media host, and whom it serves."""

import base64
import http.client
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.x import Keys
from sandbox.x.server import PHOTOS, Server
from tests.functions import load, no_aws
from tests.media import Bucket, picture
from tools.ports import free_port

PATHS = ["/_sandbox/posts", "/media/astronaut.jpg", "/2/webhooks"]


@pytest.mark.parametrize("photo", sorted(PHOTOS.glob("*.jpg")), ids=lambda path: path.stem)
def test_sample_photos_are_served(x: Server, photo: Path) -> None:
    response = httpx.get(f"{x.url}/media/{photo.name}")
    assert (response.status_code, response.headers["content-type"], response.content) == (200, "image/jpeg", photo.read_bytes())


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_photo_of_ones_own_is_hosted(x: Server, form: str) -> None:
    content = picture(form=form)
    url = httpx.post(f"{x.url}/_sandbox/media", content=content).raise_for_status().json()["url"]
    assert url.startswith(f"{x.url}/media/")
    response = httpx.get(url)
    assert (response.content, response.headers["content-type"]) == (content, f"image/{form.lower()}")


@pytest.mark.parametrize("path", ["nothing.jpg", "README.md", "../__init__.py", "%2e%2e%2f__init__.py", "..%2fphotos%2fastronaut.jpg", "", "1"])
def test_nothing_else_is_served(x: Server, path: str) -> None:
    assert httpx.get(f"{x.url}/media/{path}").status_code == 404


def test_download_image_takes_photos_from_it(x: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with no_aws():
        app, bucket = load("download_image"), Bucket()
    monkeypatch.setattr(app, "s3", bucket)
    monkeypatch.setenv("MEDIA_BUCKET", "media")
    monkeypatch.setenv("MEDIA_HOSTS", f"{x.url},pbs.twimg.com")
    key = app.handler({"Url": f"{x.url}/media/astronaut.jpg"}, None)["Key"]
    assert bucket.objects[key]["Body"] == (PHOTOS / "astronaut.jpg").read_bytes()


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null", "http://localhost", b"\xff\xfe", "file://"], ids=str)
@pytest.mark.parametrize("path", PATHS)
def test_what_another_sites_page_asks_is_refused(x: Server, path: str, origin: Any) -> None:
    for method in ("GET", "POST"):
        response = httpx.request(method, x.url + path, headers={"Origin": origin})
        assert (response.status_code, response.json()["title"]) == (403, "Forbidden")


def test_its_own_page_is_served(x: Server) -> None:
    assert httpx.get(f"{x.url}/_sandbox/posts", headers={"Origin": x.url}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
@pytest.mark.parametrize("path", PATHS)
def test_another_name_for_this_machine_is_refused(x: Server, path: str, host: str) -> None:
    assert httpx.get(x.url + path, headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/2", "/2/tweets/1", "/1.1/statuses/update.json", "/_sandbox", "/_sandbox/posts/"])
def test_other_paths_are_not_found(x: Server, path: str) -> None:
    response = httpx.post(x.url + path, json={})
    assert response.status_code in (404, 405, 307)


def test_a_method_that_is_not_there_is_a_problem_too(x: Server) -> None:
    response = httpx.get(f"{x.url}/2/tweets")
    assert (response.status_code, response.headers["content-type"]) == (405, "application/problem+json")


def test_it_listens_on_this_machine_only(x: Server) -> None:
    port = urlsplit(x.url).port
    assert port
    with socket.socket() as other:
        other.settimeout(1)
        assert other.connect_ex(("127.0.0.2", port)) != 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the thread ends by SystemExit
def test_a_port_that_is_taken_is_said(x: Server) -> None:
    port = urlsplit(x.url).port
    assert port
    with pytest.raises(RuntimeError, match="could not listen"):
        Server(port).start()
    assert httpx.get(f"{x.url}/_sandbox/posts").status_code == 200


def test_it_ends_when_it_is_stopped() -> None:
    server = Server(free_port(0))
    server.start()
    assert httpx.get(f"{server.url}/_sandbox/posts").json() == []
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/_sandbox/posts")


@pytest.mark.parametrize(("header", "grant", "status"), [
    (None, "client_credentials", 200), ("Basic abc", "client_credentials", 403), ("", "client_credentials", 403), (None, "password", 403),
    (None, "", 403)])
def test_a_token_is_for_the_applications_keys(x: Server, header: str | None, grant: str, status: int) -> None:
    keys = Keys()
    right = "Basic " + base64.b64encode(f"{keys.api_key}:{keys.api_secret}".encode()).decode()
    headers = {"Authorization": right if header is None else header}
    response = httpx.post(f"{x.url}/oauth2/token", headers=headers, data={"grant_type": grant})
    assert response.status_code == status


@pytest.mark.parametrize("raw", [
    b"GARBAGE\r\n\r\n", b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n", b"POST /2/tweets HTTP/1.1\r\nContent-Length: -1\r\n\r\n"])
def test_junk_on_the_wire_does_not_end_it(x: Server, raw: bytes) -> None:
    parts = urlsplit(x.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), 2) as connection:
        connection.sendall(raw)
        connection.recv(1000)
    connection_again = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    connection_again.request("GET", "/_sandbox/posts")
    assert connection_again.getresponse().status == 200
    connection_again.close()
