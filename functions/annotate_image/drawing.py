"""Names by their faces: a frame around each face and a plate with the name, readable at any size, on no other face or plate."""

import io
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFilter

import lettering

BoundingBox = dict[str, Any]  # Rekognition's: Left, Top, Width, Height as ratios of the image
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels

MAX_BYTES = 5_000_000  # X's limit for a photo
MAX_SIDE = 4096  # X's, too
MIN_SIDE = 640  # a smaller image is enlarged, so that a name on it can be read
PLATE, INK = (15, 20, 25), (255, 255, 255)


class Name(NamedTuple):
    """A name and where its face is."""

    text: str
    box: BoundingBox


def draw(content: bytes, names: list[Name], strangers: list[BoundingBox]) -> bytes:
    """The image as a JPEG of at most 5 MB, with the names drawn and the strangers blurred."""
    with Image.open(io.BytesIO(content)) as opened:
        image = _sized(opened.convert("RGB"))
    for stranger in strangers:
        _blur(image, _pixels(stranger, image))
    canvas = ImageDraw.Draw(image)
    faces = [_pixels(name.box, image) for name in names]
    for face in faces:
        _frame(canvas, image, face)
    taken = faces + [_pixels(stranger, image) for stranger in strangers]
    for name, face in zip(names, faces, strict=True):
        taken.append(_plate(canvas, image, name.text, face, taken))
    return _encoded(image)


def _sized(image: Image.Image) -> Image.Image:
    longest = max(image.size)
    scale = min(max(1.0, MIN_SIDE / longest), MAX_SIDE / longest)
    if scale == 1.0:
        return image
    return image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.LANCZOS)


def _pixels(box: BoundingBox, image: Image.Image) -> Box:
    """A box's pixels, as much of it as is on the image and at least one."""
    left, top = min(max(float(box["Left"]), 0), 1), min(max(float(box["Top"]), 0), 1)
    right, bottom = float(box["Left"]) + float(box["Width"]), float(box["Top"]) + float(box["Height"])
    right, bottom = min(max(right, left), 1), min(max(bottom, top), 1)
    across, down = image.width - 1, image.height - 1
    return round(left * across), round(top * down), round(right * across), round(bottom * down)


def _blur(image: Image.Image, box: Box) -> None:
    area = (int(box[0]), int(box[1]), int(box[2]) + 1, int(box[3]) + 1)
    strength = max(4.0, max(area[2] - area[0], area[3] - area[1]) / 6)
    image.paste(image.crop(area).filter(ImageFilter.GaussianBlur(strength)), area)


def _frame(canvas: ImageDraw.ImageDraw, image: Image.Image, face: Box) -> None:
    """White between two dark lines, so that it is seen on any background."""
    line = max(2, round(min(image.size) / 200))
    edge = max(1, line // 3)
    canvas.rounded_rectangle(face, radius=3 * line, outline=PLATE, width=line + 2 * edge)
    inner = (face[0] + edge, face[1] + edge, face[2] - edge, face[3] - edge)
    if inner[0] < inner[2] and inner[1] < inner[3]:
        canvas.rounded_rectangle(inner, radius=3 * line, outline=INK, width=line)


def _plate(canvas: ImageDraw.ImageDraw, image: Image.Image, name: str, face: Box, taken: list[Box]) -> Box:
    """Draws a name where it covers least of what is taken: under the face, over it, or beside it; returns its place."""
    text, font = lettering.fitted(name, size=max(16, round(min(image.size) / 18)), width=image.width * 0.9)
    pad = font.size * 0.35
    ascent, descent = font.getmetrics()
    width, height = font.getlength(text) + 2 * pad, ascent + descent + pad
    middle, gap = (face[0] + face[2] - width) / 2, pad / 2
    corners = [
        (middle, face[3] + gap),
        (middle, face[1] - height - gap),
        (face[2] + gap, face[1]),
        (face[0] - width - gap, face[1]),
        (middle, face[3] + 2 * gap + height),
        (middle, face[1] - 2 * (gap + height)),
        (middle, face[3] - height),
    ]
    place = min((_inside(corner, width, height, image) for corner in corners), key=lambda each: sum(_overlap(each, other) for other in taken))
    canvas.rounded_rectangle(place, radius=pad, fill=PLATE)
    canvas.text((place[0] + pad, place[1] + pad / 2), text, INK, font)
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
    while True:
        for quality in (90, 80, 65):
            out = io.BytesIO()
            image.save(out, "JPEG", quality=quality)
            if out.tell() <= MAX_BYTES:
                return out.getvalue()
        image = image.reduce(2)
