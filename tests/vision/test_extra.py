"""What needs more than the default installation: text, boxes around things, nudity. `make models-extra` brings it."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from sandbox.aws.vision import answers, nudity, objects, writing
from sandbox.models.catalogue import WEIGHTS

FONT = Path(__file__).parents[2] / "functions" / "annotate_image" / "font" / "Roboto-Medium.ttf"
Photo = Callable[[str], Image.Image]

needs_rapidocr = pytest.mark.skipif(not importlib.util.find_spec("rapidocr"), reason="RapidOCR is not installed")


def needs(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not WEIGHTS[name].path.exists(), reason=f"the weights of {name} are not here")


def sign(size: int = 36, angle: float = 0) -> Image.Image:
    picture = Image.new("RGB", (900, 500), "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.truetype(str(FONT), size)
    draw.text((60, 80), "Mind the gap", "black", font)
    draw.text((420, 300), "Platform 42", "navy", font)
    return picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor="white")


@needs_rapidocr
@pytest.mark.parametrize(("size", "angle"), [(36, 0), (20, 0), (36, 8)])
def test_lines_and_words_are_read_where_they_are(size: int, angle: float) -> None:
    lines = writing.read(sign(size, angle))
    assert lines is not None
    assert sorted(line.text for line in lines) == ["Mind the gap", "Platform 42"]
    assert sorted(word.text for line in lines for word in line.words) == ["42", "Mind", "Platform", "gap", "the"]
    if angle == 0:
        [gap] = [line for line in lines if line.text == "Mind the gap"]
        (left, top), (right, bottom) = gap.corners[0], gap.corners[2]
        assert left == pytest.approx(60, abs=12)
        assert top == pytest.approx(80, abs=14)
        assert 100 < right - left < 320
        assert bottom - top < 2 * size


@needs_rapidocr
def test_detect_text_answers_words_that_belong_to_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_picture", lambda request: (sign(), ""))
    found = answers.detect_text({})["TextDetections"]
    lines = {each["Id"]: each["DetectedText"] for each in found if each["Type"] == "LINE"}
    words = [each for each in found if each["Type"] == "WORD"]
    assert [each["Id"] for each in found] == list(range(len(found)))
    assert all(word["DetectedText"] in lines[word["ParentId"]] for word in words)
    assert all(len(each["Geometry"]["Polygon"]) == 4 for each in found)
    assert {each["DetectedText"] for each in answers.detect_text(
        {"Filters": {"RegionsOfInterest": [{"BoundingBox": {"Left": 0.4, "Top": 0.5, "Width": 0.6, "Height": 0.5}}]}})["TextDetections"]
    } == {"Platform 42", "Platform", "42"}


@needs_rapidocr
def test_a_photo_without_text_has_none(photo: Photo) -> None:
    assert [writing.read(photo(name)) for name in ("astronaut", "coffee", "cameraman")] == [[], [], []]


@needs("objects")
def test_things_are_found_where_they_are(photo: Photo) -> None:
    person = max(objects.find(photo("cameraman")) or [], key=lambda thing: thing.probability)
    assert person.name == "Person"
    assert list(person.box) == pytest.approx([0.0, 0.12, 0.62, 1.0], abs=0.06)
    assert [thing.name for thing in objects.find(photo("coffee")) or []] == ["Cup"]
    assert objects.find(Image.new("RGB", (300, 300), "grey")) == []


@needs("nudity")
def test_harmless_photos_are_not_called_nude(photo: Photo) -> None:
    assert all((nudity.probability(photo(name)) or 0) < 0.2 for name in ("astronaut", "coffee", "cameraman"))
