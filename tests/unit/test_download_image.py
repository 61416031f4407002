"""download_image: what it stores, what it mends, and what it refuses of URLs, hosts and bytes."""

import hashlib
import io
import json
import random
import re
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from tests.http_host import Answer, Host, body, dripping, endless, running, status
from tests.media import Bucket, encoded, picture

SAMPLES = Path(__file__).parents[2] / "events" / "download_image"
Loader = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def app(load_function: Loader) -> ModuleType:
    return load_function("download_image")


@pytest.fixture
def host() -> Iterator[Host]:
    with running() as host:
        yield host


@pytest.fixture
def bucket(app: ModuleType, host: Host, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    bucket = Bucket()
    monkeypatch.setattr(app, "s3", bucket)
    monkeypatch.setenv("MEDIA_BUCKET", "media")
    monkeypatch.setenv("MEDIA_HOSTS", f"pbs.twimg.com, {host.origin}")
    return bucket


def addresses(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    """Makes DNS answer so."""
    families = [socket.AF_INET6 if ":" in each else socket.AF_INET for each in found]
    answers = [(family, socket.SOCK_STREAM, 6, "", (each, 443)) for family, each in zip(families, found, strict=True)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: answers)


# What is stored

@pytest.mark.parametrize(("content", "suffix", "kind"), [
    (picture(), ".jpg", "image/jpeg"), (picture("L"), ".jpg", "image/jpeg"), (picture(form="PNG"), ".png", "image/png"),
])
def test_plain_image_is_stored_as_it_is(app: ModuleType, host: Host, bucket: Bucket, content: bytes, suffix: str, kind: str) -> None:
    url = host.serves(body(content), "/photo?format=jpg&name=large")
    result = app.handler({"Url": url}, None)
    assert result == {"Url": url, "Key": hashlib.sha256(url.encode()).hexdigest()[:32] + suffix}
    assert bucket.objects[result["Key"]] == {"Bucket": "media", "Key": result["Key"], "Body": content, "ContentType": kind}
    assert host.asked == ["/photo?format=jpg&name=large"]


def test_second_download_is_the_same_object(app: ModuleType, host: Host, bucket: Bucket) -> None:
    url = host.serves(body(picture()))
    assert app.handler({"Url": url}, None) == app.handler({"Url": url}, None)
    assert len(bucket.objects) == 1


def test_key_has_neither_a_date_nor_the_query_string(app: ModuleType, host: Host, bucket: Bucket) -> None:
    urls = [host.serves(body(picture()), path) for path in ("/photo.jpg?name=large", "/photo.jpg?name=small", "/2022/09/21/photo.jpg")]
    keys = [app.handler({"Url": url}, None)["Key"] for url in urls]
    assert len(set(keys)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}\.jpg", key) for key in keys)


def noise(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    return Image.frombytes(mode, size, random.Random(7).randbytes(size[0] * size[1] * len(mode)))


def sixteen_bit_png(grey: int) -> bytes:
    return encoded(Image.new("I;16", (100, 100), grey), "PNG")


def rgb48_png() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    header = struct.pack(">IIBBBBB", 100, 100, 16, 2, 0, 0, 0)
    rows = (b"\0" + b"\x80\0" * 300) * 100
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def frames(form: str) -> bytes:
    red, blue = Image.new("RGB", (100, 100), "red"), Image.new("RGB", (100, 100), "blue")
    return encoded(red, form, save_all=True, append_images=[blue])


@pytest.mark.parametrize(("content", "colour"), [
    (picture("CMYK", color=(0, 255, 255, 0)), (255, 0, 0)),
    (picture("P", form="GIF"), (0, 0, 0)),
    (picture("P", form="PNG"), (0, 0, 0)),
    (picture("1", form="PNG", color=1), (255, 255, 255)),
    (picture("RGBA", form="PNG", color=(255, 0, 0, 0)), (255, 255, 255)),
    (picture("RGBA", form="WEBP", color=(255, 0, 0, 255), lossless=True), (255, 0, 0)),
    (picture("LA", form="PNG", color=(0, 128)), (127, 127, 127)),
    (sixteen_bit_png(0x8000), (128, 128, 128)),
    (rgb48_png(), (128, 128, 128)),
    (frames("GIF"), (255, 0, 0)),
    (frames("PNG"), (255, 0, 0)),
    (frames("WEBP"), (255, 0, 0)),
    (frames("MPO"), (255, 0, 0)),
], ids=["cmyk", "gif", "palette", "one-bit", "see-through", "webp", "grey-and-alpha", "16-bit-grey", "16-bit-colour", "animated-gif", "animated-png",
        "animated-webp", "several-jpegs-in-one"])
def test_any_other_image_becomes_a_plain_jpeg(app: ModuleType, host: Host, bucket: Bucket, content: bytes, colour: tuple[int, int, int]) -> None:
    key = app.handler({"Url": host.serves(body(content), "/photo.png")}, None)["Key"]
    assert key.endswith(".jpg")
    with Image.open(io.BytesIO(bucket.objects[key]["Body"])) as stored:
        assert (stored.format, stored.mode, getattr(stored, "n_frames", 1)) == ("JPEG", "RGB", 1)
        seen = stored.getpixel((50, 50))
    assert isinstance(seen, tuple)
    assert all(abs(one - other) <= 4 for one, other in zip(seen, colour, strict=True))


def test_turned_image_is_set_upright(app: ModuleType, host: Host, bucket: Bucket) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    key = app.handler({"Url": host.serves(body(picture(exif=exif)))}, None)["Key"]
    with Image.open(io.BytesIO(bucket.objects[key]["Body"])) as stored:
        assert stored.size == (100, 200)
        assert 0x0112 not in stored.getexif()


def test_chunked_body_is_read_whole(app: ModuleType, host: Host, bucket: Bucket) -> None:
    content = picture(form="PNG")

    def chunked(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(content), 50):
            part = content[start:start + 50]
            handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")
    key = app.handler({"Url": host.serves(chunked)}, None)["Key"]
    assert bucket.objects[key]["Body"] == content


# What is refused of URLs and hosts

@pytest.mark.parametrize("url", [
    "http://pbs.twimg.com/media/a.jpg",
    "https://pbs.twimg.com:8443/media/a.jpg",
    "https://pbs.twimg.com:0/media/a.jpg",
    "https://pbs.twimg.com@evil.example/a.jpg",
    "https://user:password@pbs.twimg.com/a.jpg",
    "https://evil.example/pbs.twimg.com/a.jpg",
    "https://pbs.twimg.com.evil.example/a.jpg",
    "https://evil.example#@pbs.twimg.com/",
    "https://evil.example\\@pbs.twimg.com/",
    "https://pbs.twimg.cοm/a.jpg",  # a Greek omicron
    "https://127.0.0.1/a.jpg", "https://[::1]/a.jpg", "https://2130706433/a.jpg", "https://[::1/a.jpg", "https://pbs.twimg.com:port/",
    "https://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/a.jpg",
    "file:///etc/passwd", "ftp://pbs.twimg.com/a.jpg", "//pbs.twimg.com/a.jpg", "data:image/png;base64,AAAA", "", "https://", "https://.../a.jpg",
    "https://" + "a" * 64 + ".com/",
])
def test_other_urls_are_refused(app: ModuleType, bucket: Bucket, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: pytest.fail("a name was looked up"))
    with pytest.raises(app.fetching.ImageRefused):
        app.handler({"Url": url}, None)
    assert bucket.objects == {}


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("refused-*.json")), ids=lambda path: path.stem)
def test_refused_samples(app: ModuleType, bucket: Bucket, sample: Path) -> None:
    with pytest.raises(app.fetching.ImageRefused):
        app.handler(json.loads(sample.read_text()), None)


@pytest.mark.parametrize("found", [
    ["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["100.64.0.1"], ["0.0.0.0"], ["224.0.0.1"], ["255.255.255.255"], ["::1"], ["fd00:ec2::254"],
    ["fe80::1"], ["ff0e::1"], ["::ffff:127.0.0.1"], ["::127.0.0.1"], ["64:ff9b::a9fe:a9fe"], ["2002:7f00:1::"], ["151.101.1.1", "10.0.0.1"],
])
def test_host_at_a_private_address_is_refused(app: ModuleType, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, found: list[str]) -> None:
    addresses(monkeypatch, *found)
    monkeypatch.setattr(socket, "create_connection", lambda *args, **options: pytest.fail("it was connected to"))
    with pytest.raises(app.fetching.ImageRefused):
        app.handler({"Url": "https://pbs.twimg.com/media/a.jpg"}, None)


@pytest.mark.parametrize("url", ["https://pbs.twimg.com/a.jpg", "https://PBS.TwImg.COM/a.jpg", "https://pbs.twimg.com./a.jpg", "https://pbs.twimg.com:443/a.jpg"])
def test_connection_goes_to_the_address_that_was_looked_at(app: ModuleType, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    addresses(monkeypatch, "2606:4700::1", "151.101.1.1")
    connected: list[Any] = []

    def connect(address: tuple[str, int], *args: Any) -> None:
        connected.append(address)
        raise ConnectionRefusedError
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(app.fetching.ImageHostUnavailable):
        app.handler({"Url": url}, None)
    assert connected == [("151.101.1.1", 443)]


def test_certificate_is_checked_against_the_host(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    context = app.fetching._tls()
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
    wrapped: dict[str, Any] = {}

    class Context:
        def wrap_socket(self, sock: Any, server_hostname: str) -> Any:
            wrapped.update(sock=sock, name=server_hostname)
            return sock
    monkeypatch.setattr(app.fetching, "_tls", Context)
    monkeypatch.setattr(socket, "create_connection", lambda address, timeout: address)
    connection = object.__new__(app.fetching.PinnedConnection)
    connection.host, connection.port, connection.timeout, connection._address = "pbs.twimg.com", 443, 1, "151.101.1.1"
    connection.connect()
    assert wrapped == {"sock": ("151.101.1.1", 443), "name": "pbs.twimg.com"}


# What hosts may do

def test_redirect_within_the_origin_is_followed(app: ModuleType, host: Host, bucket: Bucket) -> None:
    host.serves(body(picture()), "/there%20it%20is")
    assert app.handler({"Url": host.serves(status(302, Location="/there it is"))}, None)["Key"] in bucket.objects


@pytest.mark.parametrize("location", [
    "https://evil.example/a.jpg", "//evil.example/a.jpg", "http://127.0.0.1:1/a.jpg", "http://169.254.169.254/", "https://pbs.twimg.com/a.jpg",
    "file:///etc/passwd", "http://[", "gopher://127.0.0.1/",
])
def test_redirect_elsewhere_is_refused(app: ModuleType, host: Host, bucket: Bucket, location: str) -> None:
    with pytest.raises(app.fetching.ImageRefused):
        app.handler({"Url": host.serves(status(302, Location=location))}, None)


def test_redirect_in_circles_is_refused(app: ModuleType, host: Host, bucket: Bucket) -> None:
    with pytest.raises(app.fetching.ImageRefused):
        app.handler({"Url": host.serves(status(301, Location="/photo.jpg"))}, None)
    assert len(host.asked) == 3


@pytest.mark.parametrize(("code", "error"), [
    (404, "ImageNotFound"), (403, "ImageNotFound"), (410, "ImageNotFound"), (204, "ImageNotFound"), (304, "ImageNotFound"),
    (429, "ImageHostUnavailable"), (500, "ImageHostUnavailable"), (503, "ImageHostUnavailable"),
])
def test_status_decides_the_error(app: ModuleType, host: Host, bucket: Bucket, code: int, error: str) -> None:
    with pytest.raises(getattr(app.fetching, error), match=str(code)):
        app.handler({"Url": host.serves(status(code))}, None)
    assert bucket.objects == {}


@pytest.mark.parametrize("code", [404, 200])
def test_page_that_stands_in_for_a_missing_image_is_not_stored_as_one(app: ModuleType, host: Host, bucket: Bucket, code: int) -> None:
    page = host.serves(body(b"<!DOCTYPE html><html><body>This page does not exist</body></html>", code=code))
    with pytest.raises((app.fetching.ImageNotFound, app.normalising.NotAnImage)):
        app.handler({"Url": page}, None)
    assert bucket.objects == {}


def test_host_that_is_not_there_is_unavailable(app: ModuleType, host: Host, bucket: Bucket) -> None:
    host.stop()
    with pytest.raises(app.fetching.ImageHostUnavailable):
        app.handler({"Url": host.origin + "/photo.jpg"}, None)


def test_name_that_is_not_found_is_unavailable(app: ModuleType, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **options: Any) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "later")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(app.fetching.ImageHostUnavailable):
        app.handler({"Url": "https://pbs.twimg.com/a.jpg"}, None)


@pytest.mark.parametrize("answer", [
    dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"x"), dripping(b"HTTP/1.1 200 OK\r\n", b"x-drop: 1\r\n"[:1]), dripping(b"", b""),
], ids=["body", "headers", "silence"])
def test_host_that_drips_is_given_up(app: ModuleType, host: Host, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    monkeypatch.setattr(app.fetching, "SECONDS", 0.3)
    with pytest.raises(app.fetching.ImageHostUnavailable, match=r"too long|TimeoutError"):
        app.handler({"Url": host.serves(answer)}, None)


def test_name_that_hangs_is_given_up(app: ModuleType, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(app.fetching, "SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: over.wait(5) or [])
    with pytest.raises(app.fetching.ImageHostUnavailable):
        app.handler({"Url": "https://pbs.twimg.com/a.jpg"}, None)
    over.set()


def test_body_that_breaks_off_is_worth_another_attempt(app: ModuleType, host: Host, bucket: Bucket) -> None:
    content = picture()
    with pytest.raises(app.fetching.ImageHostUnavailable):
        app.handler({"Url": host.serves(body(content[:-100], declared=len(content)))}, None)


def test_endless_body_is_cut_off(app: ModuleType, host: Host, bucket: Bucket) -> None:
    answer, sent = endless()
    with pytest.raises(app.fetching.ImageTooLarge):
        app.handler({"Url": host.serves(answer)}, None)
    assert sum(sent) < 60_000_000


# What is refused of bytes

def huge_png(width: int, height: int) -> bytes:
    content = bytearray(picture(form="PNG"))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


@pytest.mark.parametrize(("content", "error"), [
    (b"", "NotAnImage"),
    (b"<html>Not found</html>", "NotAnImage"),
    (b"%PDF-1.7\n", "NotAnImage"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'/>", "NotAnImage"),
    (picture(form="BMP"), "NotAnImage"),
    (picture(form="TIFF"), "NotAnImage"),
    (picture()[:-200], "NotAnImage"),
    (picture(form="PNG")[:-40], "NotAnImage"),
    (picture(size=(79, 500)), "ImageTooSmall"),
    (huge_png(10_000, 5_001), "ImageTooLarge"),
    (huge_png(60_000, 60_000), "ImageTooLarge"),
], ids=["nothing", "html", "pdf", "svg", "bmp", "tiff", "broken-jpeg", "broken-png", "narrow", "many-pixels", "bomb"])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_other_bytes_are_refused(app: ModuleType, host: Host, bucket: Bucket, content: bytes, error: str) -> None:
    kind = getattr(app.normalising, error)
    with pytest.raises(kind):
        app.handler({"Url": host.serves(body(content))}, None)
    assert bucket.objects == {}


def test_spoilt_bytes_never_end_in_another_error(app: ModuleType) -> None:
    chance = random.Random(3)
    expected = (app.normalising.NotAnImage, app.normalising.ImageTooSmall, app.fetching.ImageTooLarge)
    for form in ("JPEG", "PNG", "GIF", "WEBP"):
        good = encoded(noise((90, 90)), form)
        for _ in range(60):
            content = bytearray(good)
            for _ in range(5):
                content[chance.randrange(min(len(content), 400))] = chance.randrange(256)
            try:
                app.normalising.upright(bytes(content))
            except expected:
                continue
