"""The user's gallery: a photo dropped into a folder is enough."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from sandbox.aws.vision import faces, identities

Photo = Callable[[str], Image.Image]


def name(picture: Image.Image) -> str | None:
    [face] = faces.find(picture) or []
    match = identities.recognise(picture, face)
    return match.name if match else None


def test_a_photo_dropped_into_the_gallery_is_enough(gallery: Path, photo: Photo) -> None:
    assert name(photo("cameraman")) is None
    ImageOps.mirror(photo("cameraman")).save(gallery / "Lav Varshney.png")
    assert name(photo("cameraman")) == "Lav Varshney"
    assert name(photo("astronaut")) is None


def test_a_photo_taken_out_of_the_gallery_is_forgotten(gallery: Path, photo: Photo) -> None:
    photo("astronaut").save(gallery / "Somebody.jpg")
    assert name(photo("astronaut")) == "Somebody"
    (gallery / "Somebody.jpg").unlink()
    assert name(photo("astronaut")) is None


def test_a_file_that_is_replaced_shows_somebody_else(gallery: Path, photo: Photo) -> None:
    file = gallery / "Somebody.png"
    photo("astronaut").save(file)
    assert name(photo("cameraman")) is None
    photo("cameraman").save(file)
    assert name(photo("cameraman")) == "Somebody"


def test_the_likest_of_two_people_is_named(gallery: Path, photo: Photo) -> None:
    photo("astronaut").save(gallery / "Eileen Collins.jpg")
    photo("cameraman").save(gallery / "Lav Varshney.jpg")
    assert [name(photo(each)) for each in ("astronaut", "cameraman")] == ["Eileen Collins", "Lav Varshney"]


def test_what_is_no_portrait_is_left_out_and_said(gallery: Path, photo: Photo, caplog: pytest.LogCaptureFixture) -> None:
    photo("coffee").save(gallery / "Nobody.jpg")
    (gallery / "Broken.jpg").write_bytes(b"no picture")
    (gallery / "README.md").write_text("not a photo")
    with caplog.at_level(logging.WARNING, "sandbox.vision"):
        assert name(photo("astronaut")) is None
    assert "Nobody.jpg shows no face" in caplog.text
    assert "Broken.jpg cannot be read" in caplog.text
    assert "README" not in caplog.text


@pytest.mark.parametrize(("file", "expected"), [
    ("Keanu Reeves.jpg", "Keanu Reeves"), ("Keanu Reeves 2.jpg", "Keanu Reeves"), ("Keanu_Reeves-03.png", "Keanu Reeves"),
    ("Keanu Reeves (4).webp", "Keanu Reeves"), ("Beyoncé.jpeg", "Beyoncé"), ("50.jpg", "50"), ("Sammy Davis Jr..jpg", "Sammy Davis Jr."),
])
def test_a_file_is_named_after_its_person(file: str, expected: str) -> None:
    assert identities.named(Path(file)) == expected
