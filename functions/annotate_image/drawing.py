"""Names by their faces: a frame around each face and a plate with the name, readable at any size, on no other face or plate."""

import io
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFilter, ImageFont

BoundingBox = dict[str, Any]  # Rekognition's: Left, Top, Width, Height as ratios of the image
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels

MAX_BYTES = 5_000_000  # X's limit for a photo
MAX_SIDE = 4096
MIN_SIDE = 640  # a smaller image is enlarged, so that a name on it can be read
PLATE, INK = (15, 20, 25), (255, 255, 255)


class Name(NamedTuple):
    """A name and where its face is."""

    text: str
    box: BoundingBox


def draw(content: bytes, names: list[Name], strangers: list[BoundingBox]) -> bytes:
    """The image as a JPEG of at most 5 MB, with the names drawn and the strangers blurred."""
    with Image.open(io.BytesIO(content)) as opened:
        image = opened.convert("RGB")
    image = _sized(image)
    for stranger in strangers:
        _blur(image, _pixels(stranger, image))
    canvas = ImageDraw.Draw(image)
    faces = [_pixels(name.box, image) for name in names]
    stroke = max(2, round(min(image.size) / 200))
    for face in faces:
        canvas.rounded_rectangle(face, radius=3 * stroke, outline=INK, width=stroke)
    taken = list(faces)
    for name, face in zip(names, faces, strict=True):
        taken.append(_plate(canvas, image, name.text, face, taken))
    return _encoded(image)


def _sized(image: Image.Image) -> Image.Image:
    longest = max(image.size)
    scale = MAX_SIDE / longest if longest > MAX_SIDE else MIN_SIDE / longest if longest < MIN_SIDE else 1.0
    if scale == 1.0:
        return image
    return image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.LANCZOS)


def _pixels(box: BoundingBox, image: Image.Image) -> Box:
    left, top = max(0.0, float(box["Left"])), max(0.0, float(box["Top"]))
    right, bottom = min(1.0, float(box["Left"]) + float(box["Width"])), min(1.0, float(box["Top"]) + float(box["Height"]))
    right, bottom = max(right, left), max(bottom, top)
    return left * image.width, top * image.height, right * (image.width - 1), bottom * (image.height - 1)


def _blur(image: Image.Image, box: Box) -> None:
    area = (int(box[0]), int(box[1]), int(box[2]) + 1, int(box[3]) + 1)
    image.paste(image.crop(area).filter(ImageFilter.GaussianBlur(max(4, (area[2] - area[0]) / 6))), area)


def _plate(canvas: ImageDraw.ImageDraw, image: Image.Image, text: str, face: Box, taken: list[Box]) -> Box:
    """Draws a name where it covers least of what is taken: under the face, over it, or beside it; returns its place."""
    size = max(16, round(min(image.size) / 18))
    font = ImageFont.load_default(size)
    while size > 10 and canvas.textlength(text, font) > image.width * 0.94:
        size -= 1
        font = ImageFont.load_default(size)
    pad = size * 0.3
    left, top, right, bottom = canvas.textbbox((0, 0), text, font)
    width, height = right - left + 2 * pad, bottom - top + 2 * pad
    middle = (face[0] + face[2] - width) / 2
    corners = [(middle, face[3] + pad), (middle, face[1] - height - pad), (face[2] + pad, face[1]), (face[0] - width - pad, face[1]),
               (middle, face[3] - height)]
    places = [_inside(corner, width, height, image) for corner in corners]
    place = min(places, key=lambda each: sum(_overlap(each, other) for other in taken))
    canvas.rounded_rectangle(place, radius=pad, fill=PLATE)
    canvas.text((place[0] + pad - left, place[1] + pad - top), text, INK, font)
    return place


def _inside(corner: tuple[float, float], width: float, height: float, image: Image.Image) -> Box:
    x = min(max(corner[0], 0), max(0, image.width - 1 - width))
    y = min(max(corner[1], 0), max(0, image.height - 1 - height))
    return x, y, x + width, y + height


def _overlap(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def _encoded(image: Image.Image) -> bytes:
    for quality in (90, 80, 65, 50):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        if out.tell() <= MAX_BYTES:
            break
    return out.getvalue()
