"""Faces and who they are, under what happens to photos: turned, shrunk, darkened, mirrored, compressed."""

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from sandbox.aws.vision import faces, identities

Photo = Callable[[str], Image.Image]


def compressed(picture: Image.Image) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=25)
    return Image.open(out).convert("RGB")


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "turned": lambda picture: picture.rotate(25, Image.Resampling.BICUBIC, expand=True),
    "shrunk": lambda picture: picture.resize((220, 220)),
    "enlarged": lambda picture: picture.resize((1500, 1500)),
    "dark": lambda picture: ImageEnhance.Brightness(picture).enhance(0.4),
    "grey": lambda picture: ImageOps.grayscale(picture).convert("RGB"),
    "mirrored": ImageOps.mirror,
    "compressed": compressed,
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(2)),
    "small on a large canvas": lambda picture: ImageOps.expand(picture, 512, "white"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_she_is_found_and_recognised_however_the_photo_is_changed(photo: Photo, change: str) -> None:
    picture = CHANGES[change](photo("astronaut"))
    [face] = faces.find(picture) or []
    match = identities.recognise(picture, face)
    assert match
    assert match.name == "Eileen Collins"


def test_the_landmarks_turn_with_the_picture(photo: Photo) -> None:
    upright, [mirrored] = photo("astronaut"), faces.find(ImageOps.mirror(photo("astronaut"))) or []
    [face] = faces.find(upright) or []
    expected = [(upright.width - x, y) for x, y in (face.landmarks[place] for place in (1, 0, 2, 4, 3))]
    for found, place in zip(mirrored.landmarks, expected, strict=True):
        assert list(found) == pytest.approx(list(place), abs=4)


def test_a_picture_of_nothing_has_no_face() -> None:
    for picture in (Image.new("RGB", (300, 200), "teal"), Image.effect_noise((400, 400), 80).convert("RGB"),
                    Image.effect_mandelbrot((400, 300), (-2, -1, 1, 1), 60).convert("RGB"), Image.new("RGB", (2000, 80), "white")):
        assert faces.find(picture) == []


def test_faces_come_largest_first(photo: Photo) -> None:
    canvas = Image.new("RGB", (800, 512))
    canvas.paste(photo("cameraman").resize((288, 288)), (512, 0))
    canvas.paste(photo("astronaut"), (0, 0))
    sizes = [face.box[2] - face.box[0] for face in faces.find(canvas) or []]
    assert len(sizes) == 2
    assert sizes == sorted(sizes, reverse=True)
