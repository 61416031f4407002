"""annotate_image: names that can be read, by the faces they belong to and on no other, whatever the picture; strangers only blurred on request."""

import io
import json
import logging
import random
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat, UnidentifiedImageError

from tests.http_host import Host, body, running
from tests.media import Bucket, encoded, picture

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "events" / "annotate_image"
PHOTO = (ROOT / "sandbox" / "photos" / "astronaut.jpg").read_bytes()
KEY = "5f0d3b1c9a7e4f2886d1c3b5a7e9f012.jpg"
GREEN, FACE = (120, 170, 120), (220, 60, 60)
Box = tuple[int, int, int, int]
Face = tuple[float, float, float, float]  # left, top, width, height, as Rekognition's ratios
Loader = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def app(load_function: Loader) -> ModuleType:
    return load_function("annotate_image")


@pytest.fixture
def bucket(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    bucket = Bucket(**{KEY: PHOTO})
    monkeypatch.setattr(app, "s3", bucket)
    monkeypatch.setenv("MEDIA_BUCKET", "media")
    monkeypatch.setenv("BLUR_STRANGERS", "false")
    return bucket


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return event


def boxed(face: Face) -> dict[str, float]:
    return dict(zip(("Left", "Top", "Width", "Height"), face, strict=True))


def command(names: dict[str, Face], strangers: list[Face] | None = None) -> dict[str, Any]:
    return {"Key": KEY, "CelebrityFaces": [{"Name": name, "Face": {"BoundingBox": boxed(face)}} for name, face in names.items()],
            "UnrecognizedFaces": [{"BoundingBox": boxed(face)} for face in strangers or []]}


def pixels(face: Face, size: tuple[int, int]) -> Box:
    left, top, width, height = face
    return round(left * size[0]), round(top * size[1]), round((left + width) * size[0]), round((top + height) * size[1])


def scene(size: tuple[int, int], faces: list[Face]) -> bytes:
    """A green picture with a red square for each face."""
    image = Image.new("RGB", size, GREEN)
    for face in faces:
        ImageDraw.Draw(image).rectangle(pixels(face, size), FACE)
    return encoded(image, quality=95)


def annotated(app: ModuleType, bucket: Bucket, event: dict[str, Any], content: bytes | None = None) -> Image.Image:
    if content is not None:
        bucket.put(KEY, content)
    stored = bucket.objects[app.handler(event, None)["Key"]]["Body"]
    assert len(stored) <= 5_000_000
    image = Image.open(io.BytesIO(stored))
    assert (image.format, image.mode) == ("JPEG", "RGB")
    image.load()
    return image


def like(image: Image.Image, colour: tuple[int, int, int], tolerance: int = 60) -> Image.Image:
    """Where the image has a colour, as a black and white one."""
    bands = ImageChops.difference(image.convert("RGB"), Image.new("RGB", image.size, colour)).split()
    furthest = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return furthest.point(lambda value: 255 if value < tolerance else 0)


def plates(image: Image.Image) -> list[Box]:
    """The dark plates of a scene; the lines of frames are too thin to count. Boxes are right within a few pixels."""
    scale = max(1, max(image.size) // 640)
    dark = like(image.reduce(scale), (15, 20, 25), 90)
    opened = dark.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.MaxFilter(3))
    return [(left * scale, top * scale, right * scale, bottom * scale) for left, top, right, bottom in _islands(opened)]


def _islands(image: Image.Image) -> Iterator[Box]:
    """The boxes of what hangs together in a black and white image, without what lies within them."""
    while found := image.getbbox():
        x = next(x for x in range(found[0], found[2]) if image.getpixel((x, found[1])))
        ImageDraw.floodfill(image, (x, found[1]), 128)
        island = image.point(lambda value: 255 if value == 128 else 0).getbbox()
        assert island is not None
        yield island
        image.paste(0, island)


def overlap(one: Box, other: Box) -> int:
    return max(0, min(one[2], other[2]) - max(one[0], other[0])) * max(0, min(one[3], other[3]) - max(one[1], other[1]))


def distance(one: Box, other: Box) -> int:
    return max(one[0] - other[2], other[0] - one[2], one[1] - other[3], other[1] - one[3], 0)


def spread(image: Image.Image, box: Box) -> float:
    """How much the pixels of a box differ: the detail in it."""
    return max(ImageStat.Stat(image.crop(box)).stddev)


# Where names land


@pytest.mark.parametrize("size", [(80, 80), (80, 500), (500, 80), (200, 100), (640, 640), (1500, 1000), (4096, 3000), (6000, 4000), (3000, 6000)],
                         ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_name_is_readable_by_its_face_at_any_size(app: ModuleType, bucket: Bucket, size: tuple[int, int]) -> None:
    face = (0.4, 0.3, 0.2, 0.2)
    image = annotated(app, bucket, command({"Grace Hopper": face}), scene(size, [face]))
    assert 640 <= max(image.size) <= 4096
    assert image.width / image.height == pytest.approx(size[0] / size[1], rel=0.02)
    plate, = plates(image)
    height = plate[3] - plate[1]
    assert height >= max(18, min(image.size) / 25)
    assert distance(plate, pixels(face, image.size)) <= height
    assert overlap(plate, pixels(face, image.size)) == 0
    letters = like(image.crop(plate), (255, 255, 255)).getbbox()
    assert letters is not None
    assert letters[3] - letters[1] >= 10
    assert 0.6 < (letters[2] - letters[0]) / (plate[2] - plate[0]) < 1


@pytest.mark.parametrize("face", [
    (0, 0, 0.2, 0.2), (0.8, 0, 0.2, 0.2), (0, 0.8, 0.2, 0.2), (0.8, 0.8, 0.2, 0.2), (0.4, 0, 0.2, 0.2), (0.4, 0.8, 0.2, 0.2), (0, 0.4, 0.2, 0.2),
    (0.8, 0.4, 0.2, 0.2), (0.9, 0.85, 0.2, 0.3), (-0.1, -0.1, 0.3, 0.3), (0.3, 0, 0.4, 1), (0, 0.3, 1, 0.4),
], ids=str)
def test_a_name_by_a_face_at_the_edge_is_on_the_picture(app: ModuleType, bucket: Bucket, face: Face) -> None:
    image = annotated(app, bucket, command({"Grace Hopper": face}), scene((800, 800), [face]))
    plate, = plates(image)
    assert plate[0] > 0
    assert plate[1] > 0
    assert plate[2] < image.width
    assert plate[3] < image.height
    assert overlap(plate, pixels(face, image.size)) == 0
    assert distance(plate, pixels(face, image.size)) < 20


@pytest.mark.parametrize("face", [
    (1.5, 0.2, 0.2, 0.2), (-1, 0.2, 0.2, 0.2), (0.2, 7, 0.2, 0.2), (0.5, 0.5, 0, 0), (0, 0, 1, 1), (-5, -5, 11, 11), (0.5, 0.5, -0.3, -0.3),
    (1, 1, 0, 0), (1e9, -1e9, 1e-9, 1e9),
], ids=str)
def test_a_box_that_is_not_on_the_picture_breaks_nothing(app: ModuleType, bucket: Bucket, face: Face) -> None:
    image = annotated(app, bucket, command({"Grace Hopper": face}), scene((800, 600), []))
    assert len(plates(image)) == 1


def test_a_name_covers_no_other_face(app: ModuleType, bucket: Bucket) -> None:
    faces: dict[str, Face] = {"Grace Hopper": (0.3, 0.2, 0.1, 0.15), "Ada Lovelace": (0.3, 0.4, 0.1, 0.15), "Mary Jackson": (0.45, 0.2, 0.1, 0.15)}
    image = annotated(app, bucket, command(faces), scene((1000, 800), list(faces.values())))
    boxes = [pixels(face, image.size) for face in faces.values()]
    found = plates(image)
    assert len(found) == 3
    assert [overlap(plate, box) for plate in found for box in boxes] == [0] * 9


@pytest.mark.parametrize("blur", ["true", "false"])
def test_a_name_covers_no_stranger(app: ModuleType, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, blur: str) -> None:
    monkeypatch.setenv("BLUR_STRANGERS", blur)
    face, strangers = (0.4, 0.4, 0.1, 0.12), [(0.35, 0.54, 0.2, 0.12), (0.35, 0.26, 0.2, 0.12)]
    image = annotated(app, bucket, command({"Grace Hopper": face}, strangers), scene((800, 800), [face, *strangers]))
    plate, = plates(image)
    assert [overlap(plate, pixels(each, image.size)) for each in [face, *strangers]] == [0, 0, 0]
    assert distance(plate, pixels(face, image.size)) < 20


def test_many_names_are_each_by_their_face(app: ModuleType, bucket: Bucket) -> None:
    names = ["Eileen Collins", "Keanu Reeves", "Beyoncé", "Penélope Cruz", "Zoë Kravitz", "Arnold Schwarzenegger", "Chiwetel Ejiofor",
             "Cate Blanchett", "Denzel Washington", "Helena Bonham Carter", "Idris Elba", "Judi Dench"]
    faces: list[Face] = [(0.07 + 0.157 * (n % 6), 0.2 + 0.4 * (n // 6), 0.05, 0.11) for n in range(12)]
    image = annotated(app, bucket, command(dict(zip(names, faces, strict=True))), scene((1280, 720), faces))
    found, boxes = plates(image), [pixels(face, image.size) for face in faces]
    assert len(found) == 12
    assert max(overlap(plate, box) for plate in found for box in boxes) == 0
    assert all(min(distance(plate, box) for plate in found) < 20 for box in boxes)


def test_a_crowd_without_room_for_names_is_drawn_all_the_same(app: ModuleType, bucket: Bucket) -> None:
    faces: list[Face] = [(0.05 * (n % 20), 0.05 * (n // 20), 0.05, 0.05) for n in range(400)]
    names = {f"Somebody Famous {n}": face for n, face in enumerate(faces[:100])}
    image = annotated(app, bucket, command(names, faces[100:]), scene((1000, 1000), faces))
    assert image.size == (1000, 1000)


def test_each_face_has_a_frame(app: ModuleType, bucket: Bucket) -> None:
    face = (0.4, 0.3, 0.2, 0.2)
    image = annotated(app, bucket, command({"Grace Hopper": face}), scene((1000, 1000), [face]))
    left, top, right, bottom = pixels(face, image.size)
    for at in ((left + 4, 400), (right - 5, 400), (500, top + 4), (500, bottom - 5)):
        colour = image.getpixel(at)
        assert isinstance(colour, tuple)
        assert min(colour) > 200, at
    assert like(image.crop((left + 20, top + 20, right - 20, bottom - 20)), FACE).getextrema() == (255, 255)


@pytest.mark.parametrize("background", ["white", "black", (15, 20, 25), (128, 128, 128)])
def test_a_name_is_seen_on_any_background(app: ModuleType, bucket: Bucket, background: Any) -> None:
    plain = encoded(Image.new("RGB", (800, 800), background))
    image = annotated(app, bucket, command({"Grace Hopper": (0.4, 0.3, 0.2, 0.2)}), plain)
    changed = ImageChops.difference(image, Image.new("RGB", image.size, background)).convert("L").point(lambda value: 255 if value > 80 else 0)
    assert sum(changed.histogram()[255:]) > 2000


# Names


@pytest.mark.parametrize(("name", "drawn"), [
    ("Beyoncé", "Beyoncé"), ("Zoë Kravitz", "Zoë Kravitz"), ("Björk Guðmundsdóttir", "Björk Guðmundsdóttir"), ("Μελίνα Μερκούρη", "Μελίνα Μερκούρη"),
    ("Алла Пугачёва", "Алла Пугачёва"), ("王菲", "WangFei"), ("宇多田ヒカル", "YuDuoTianhikaru"), ("아이유", "AIYu"), ("فيروز", "fyrwz"),
    ("Beyonce\u0301", "Beyoncé"), ("Grace\nHopper\t\u00a0PhD ", "Grace Hopper PhD"), ("", "?"), ("   ", "?"), ("\u202e\u200b", "?"), ("\x00", "?"),
    ("\ud800", "?"), ("Grace\u202e Hopper\x07", "Grace Hopper"),
])
def test_a_name_is_written_in_letters_that_the_font_has(app: ModuleType, name: str, drawn: str) -> None:
    assert app.drawing.lettering.drawable(name) == drawn


@pytest.mark.parametrize("script", [range(0x20, 0x250), range(0x370, 0x530), range(0x590, 0x700), range(0x900, 0x980), range(0x3040, 0x3100),
                                    range(0x4E00, 0x4F00), range(0xAC00, 0xAD00), range(0x1F600, 0x1F640)], ids=lambda codes: hex(codes.start))
def test_no_letter_is_an_empty_box(app: ModuleType, script: range) -> None:
    lettering = app.drawing.lettering
    text = lettering.drawable("".join(chr(code) for code in script if unicodedata.category(chr(code)) not in ("Cn", "Cc")))
    assert all(lettering._has(character) for character in text)


@pytest.mark.parametrize("name", ["x" * 300, "Wolfeschlegelsteinhausenbergerdorff " * 10, "王" * 300, "fi\ufb01" * 99], ids=lambda name: name[:3])
@pytest.mark.parametrize("size", [(80, 80), (640, 200), (4000, 3000)], ids=str)
def test_a_long_name_stays_on_the_picture(app: ModuleType, bucket: Bucket, name: str, size: tuple[int, int]) -> None:
    face = (0.4, 0.2, 0.2, 0.3)
    image = annotated(app, bucket, command({name: face}), scene(size, [face]))
    plate, = plates(image)
    assert plate[0] > 0
    assert plate[2] < image.width
    assert plate[2] - plate[0] > image.width / 2


def test_a_name_that_is_too_long_ends_in_an_ellipsis(app: ModuleType) -> None:
    text, font = app.drawing.lettering.fitted("Wolfeschlegelsteinhausenbergerdorff " * 10, 40, 300)
    assert text.startswith("Wolfeschlegel")
    assert text.endswith("…")
    assert font.getlength(text) <= 300
    assert font.size == 20


def test_another_name_is_another_picture(app: ModuleType, bucket: Bucket) -> None:
    first = annotated(app, bucket, command({"Grace Hopper": (0.4, 0.3, 0.2, 0.2)}))
    second = annotated(app, bucket, command({"Ada Lovelace": (0.4, 0.3, 0.2, 0.2)}))
    assert ImageChops.difference(first, second).getbbox() is not None
    assert len(bucket.objects) == 3


# Strangers


@pytest.mark.parametrize(("setting", "blurred"), [("true", True), ("false", False)])
def test_strangers_are_blurred_only_with_the_setting(
        app: ModuleType, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, setting: str, blurred: bool) -> None:
    monkeypatch.setenv("BLUR_STRANGERS", setting)
    checkers = Image.effect_noise((1000, 1000), 200).convert("RGB")
    known, stranger = (0.1, 0.1, 0.2, 0.2), (0.6, 0.6, 0.2, 0.2)
    image = annotated(app, bucket, command({"Grace Hopper": known}, [stranger]), encoded(checkers, quality=95))
    assert (spread(image, pixels(stranger, image.size)) < 15) == blurred
    assert spread(image, (120, 120, 280, 280)) > 30
    assert spread(image, (600, 100, 900, 500)) > 30


def test_a_blurred_face_shows_no_features(app: ModuleType, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """The astronaut's own face as the stranger: eyes and mouth, her face's dark and bright, are gone."""
    monkeypatch.setenv("BLUR_STRANGERS", "true")
    stranger = (0.37, 0.16, 0.15, 0.2)
    plain = annotated(app, bucket, command({"Space Shuttle": (0.76, 0.02, 0.15, 0.5)}))
    image = annotated(app, bucket, command({"Space Shuttle": (0.76, 0.02, 0.15, 0.5)}, [stranger]))
    eyes = (0.4, 0.19, 0.09, 0.04)
    assert spread(plain, pixels(eyes, plain.size)) > 30
    assert spread(image, pixels(eyes, image.size)) < 18


def test_a_stranger_at_the_edge_is_blurred_to_the_edge(app: ModuleType, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLUR_STRANGERS", "true")
    noise = encoded(Image.effect_noise((800, 800), 200).convert("RGB"), quality=95)
    for stranger in ((0, 0, 0.2, 0.2), (0.9, 0.9, 0.3, 0.3), (0.5, 0.5, 0, 0), (2, 2, 1, 1)):
        image = annotated(app, bucket, command({"Grace Hopper": (0.4, 0.1, 0.2, 0.2)}, [stranger]), noise)
        left, top, right, bottom = pixels(stranger, image.size)
        seen = (left, top, min(right, 800), min(bottom, 800))
        assert seen[0] >= seen[2] or spread(image, seen) < 20, stranger


def test_a_recognised_face_beside_a_stranger_stays_sharp(app: ModuleType, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLUR_STRANGERS", "true")
    noise = encoded(Image.effect_noise((1000, 1000), 200).convert("RGB"), quality=95)
    image = annotated(app, bucket, command({"Grace Hopper": (0.3, 0.3, 0.2, 0.2)}, [(0.42, 0.3, 0.2, 0.2)]), noise)
    assert spread(image, (430, 320, 485, 480)) > 30
    assert spread(image, (510, 320, 610, 480)) < 15


# Objects


@pytest.mark.parametrize("name", ["celebrity", "celebrity-and-stranger", "face-at-the-edge", "two-celebrities"])
def test_each_sample_is_drawn_as_a_new_object(app: ModuleType, bucket: Bucket, name: str) -> None:
    key = app.handler(sample(name), None)["Key"]
    assert key.startswith("annotated/5f0d3b1c9a7e4f2886d1c3b5a7e9f012-")
    assert key.endswith(".jpg")
    assert bucket.objects[key]["ContentType"] == "image/jpeg"
    assert bucket.objects[key]["Bucket"] == "media"
    assert len(bucket.objects) == 2


def test_the_sample_without_a_name_is_an_error(app: ModuleType, bucket: Bucket) -> None:
    with pytest.raises(ValueError, match="no name"):
        app.handler(sample("nobody"), None)
    assert list(bucket.objects) == [KEY]


def test_the_original_is_not_overwritten_and_a_replay_draws_the_same_object(app: ModuleType, bucket: Bucket) -> None:
    first = app.handler(sample("celebrity"), None)
    drawn = bucket.objects[first["Key"]]["Body"]
    assert bucket.objects[KEY]["Body"] == PHOTO
    assert app.handler(sample("celebrity"), None) == first
    assert bucket.objects[first["Key"]]["Body"] == drawn
    assert len(bucket.objects) == 2


def test_what_is_drawn_decides_the_key(app: ModuleType, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    face, stranger = (0.4, 0.3, 0.2, 0.2), (0.1, 0.1, 0.1, 0.1)
    with_stranger = command({"Grace Hopper": face}, [stranger])
    events = [command({"Grace Hopper": face}), command({"Ada Lovelace": face}), command({"Grace Hopper": stranger}), with_stranger]
    keys = [app.handler(event, None)["Key"] for event in events]
    monkeypatch.setenv("BLUR_STRANGERS", "true")
    keys.append(app.handler(with_stranger, None)["Key"])
    assert len(set(keys)) == 5


@pytest.mark.parametrize("content", [b"", b"<html>Not found</html>", PHOTO[:3000]], ids=["nothing", "html", "broken-off"])
def test_a_drawing_that_fails_is_an_error_and_no_untouched_picture(app: ModuleType, bucket: Bucket, content: bytes) -> None:
    bucket.put(KEY, content)
    with pytest.raises((UnidentifiedImageError, OSError)):
        app.handler(sample("celebrity"), None)
    assert list(bucket.objects) == [KEY]


def test_a_picture_that_is_gone_is_an_error(app: ModuleType, bucket: Bucket) -> None:
    bucket.objects.clear()
    with pytest.raises(ClientError, match="NoSuchKey"):
        app.handler(sample("celebrity"), None)


def test_the_log_has_no_names(app: ModuleType, bucket: Bucket, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = app.handler(sample("celebrity"), None)["Key"]
    assert "Eileen" not in repr([record.__dict__ for record in caplog.records])
    record, = (record for record in caplog.records if record.msg == "Image annotated.")
    assert record.__dict__["key"] == key
    assert record.__dict__["names"] == 1


# Files


@pytest.mark.parametrize("size", [(4096, 4096), (5000, 5000)], ids=str)
def test_the_largest_picture_is_one_that_x_takes(app: ModuleType, bucket: Bucket, size: tuple[int, int]) -> None:
    small = size[0] // 2, size[1] // 2
    noise = Image.frombytes("RGB", small, random.Random(7).randbytes(small[0] * small[1] * 3)).resize(size, Image.Resampling.NEAREST)
    image = annotated(app, bucket, command({"Grace Hopper": (0.4, 0.3, 0.2, 0.2)}), encoded(noise, quality=90))
    assert max(image.size) <= 4096


@pytest.mark.parametrize(("content", "colour"), [
    (picture("L", (300, 300), color=128), (128, 128, 128)), (picture("L", (300, 300), "PNG", color=128), (128, 128, 128)),
    (picture("RGB", (300, 300), "PNG", color=(10, 200, 30)), (10, 200, 30))], ids=["grey", "grey-png", "png"])
def test_what_download_image_stores_is_drawn_on(app: ModuleType, bucket: Bucket, content: bytes, colour: tuple[int, int, int]) -> None:
    image = annotated(app, bucket, command({"Grace Hopper": (0.4, 0.3, 0.2, 0.2)}), content)
    assert like(image.crop((10, 10, 100, 100)), colour, 12).getextrema() == (255, 255)


def test_the_colours_keep_their_profile(app: ModuleType, bucket: Bucket) -> None:
    image = annotated(app, bucket, command({"Grace Hopper": (0.4, 0.3, 0.2, 0.2)}), picture(size=(300, 300), icc_profile=b"P3" * 200))
    assert image.info["icc_profile"] == b"P3" * 200


@pytest.mark.parametrize(("mode", "length"), [("L", 500), ("RGB", 6_000_000)])
def test_a_profile_that_does_not_fit_is_left_out(app: ModuleType, bucket: Bucket, mode: str, length: int) -> None:
    image = annotated(app, bucket, command({"Grace Hopper": (0.4, 0.3, 0.2, 0.2)}), picture(mode, (300, 300), icc_profile=b"x" * length))
    assert "icc_profile" not in image.info


# From the media host to the picture in the reply


@pytest.fixture(scope="module")
def download(load_function: Loader) -> ModuleType:
    return load_function("download_image")


@pytest.fixture
def host() -> Iterator[Host]:
    with running() as host:
        yield host


UPRIGHT: Face = (0.1, 0.1, 0.3, 0.2)
TURNS = {1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
         6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270}  # what a camera that was held so stored


def as_stored(kind: str) -> bytes:
    """A scene with one face at UPRIGHT, in the form that a camera, a scanner or a printer gave it."""
    image = Image.open(io.BytesIO(scene((800, 1000), [UPRIGHT])))
    exif = Image.Exif()
    if kind.startswith("turned-"):
        exif[0x0112] = int(kind[-1])
        turn = TURNS[int(kind[-1])]
        return encoded(image.transpose(turn) if turn is not None else image, exif=exif, quality=95)
    if kind == "16-bit":
        return encoded(image.convert("L").convert("I").point(lambda value: value * 256).convert("I;16"), "PNG")
    if kind in ("palette", "gif"):
        return encoded(image.convert("P", palette=Image.Palette.ADAPTIVE), "GIF" if kind == "gif" else "PNG")
    mode, form = {"cmyk": ("CMYK", "JPEG"), "grey": ("L", "JPEG"), "see-through": ("RGBA", "PNG"), "webp": ("RGB", "WEBP")}[kind]
    return encoded(image.convert(mode), form)


@pytest.mark.parametrize("kind", ["cmyk", "grey", "16-bit", "palette", "see-through", "webp", "gif", *(f"turned-{turn}" for turn in TURNS)])
def test_names_land_on_the_faces_of_any_file(
        app: ModuleType, download: ModuleType, bucket: Bucket, host: Host, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(download, "s3", bucket)
    monkeypatch.setenv("MEDIA_HOSTS", host.origin)
    stored = download.handler({"Url": host.serves(body(as_stored(kind)))}, None)
    image = annotated(app, bucket, {**command({"Grace Hopper": UPRIGHT}), "Key": stored["Key"]})
    assert image.size == (800, 1000)
    face = pixels(UPRIGHT, image.size)
    inside = (face[0] + 20, face[1] + 20, face[2] - 20, face[3] - 20)
    grey = round(ImageStat.Stat(Image.new("RGB", (1, 1), FACE).convert("L")).mean[0])
    assert like(image.crop(inside), (grey, grey, grey) if kind in ("grey", "16-bit") else FACE, 40).getextrema() == (255, 255)
    plate, = plates(image)
    assert overlap(plate, face) == 0
    assert distance(plate, face) < 20


def test_a_wide_gamut_photo_that_was_turned_keeps_its_colours(
        app: ModuleType, download: ModuleType, bucket: Bucket, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "s3", bucket)
    monkeypatch.setenv("MEDIA_HOSTS", host.origin)
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = download.handler({"Url": host.serves(body(picture(size=(300, 300), exif=exif, icc_profile=b"P3" * 200)))}, None)
    assert annotated(app, bucket, {**command({"Grace Hopper": UPRIGHT}), "Key": stored["Key"]}).info["icc_profile"] == b"P3" * 200
