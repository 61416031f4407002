"""Names by their faces: a frame around each face and a plate with the name, readable at any size, on no other face or plate."""

import io
from collections.abc import Iterator
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFilter, ImageFont

import lettering

BoundingBox = dict[str, Any]  # Rekognition's: Left, Top, Width, Height as ratios of the image
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels; right and bottom are the first outside

MAX_BYTES = 5_000_000  # X's limit for a photo
MAX_PROFILE = 100_000  # bytes; real ones of screens and phones have a few thousand
MAX_SIDE = 4096  # X's, too
MIN_SIDE = 640  # a smaller image is enlarged, so that a name on it can be read
LETTERS = (18, 24, 32)  # how often a letter goes into the image's shorter side: the larger if there is room, the smaller in a crowd
MIN_LETTER = 16  # pixels
PAD = 0.35  # between a plate's edge and its letters, in letters
SMOOTH = 4  # shapes are drawn so much larger and reduced, since Pillow draws their edges with steps
PLATE, INK = (15, 20, 25), (255, 255, 255)


class Name(NamedTuple):
    """A name and where its face is."""

    text: str
    box: BoundingBox


class Plate(NamedTuple):
    """A name as it would be drawn at a place."""

    place: Box
    text: str
    font: ImageFont.FreeTypeFont


def draw(content: bytes, names: list[Name], strangers: list[BoundingBox], *, blur: bool) -> bytes:
    """The image as a JPEG of at most 5 MB with the names drawn, the strangers' faces left free or, on request, blurred."""
    with Image.open(io.BytesIO(content)) as opened:
        profile = _profile(opened)
        image = _sized(opened.convert("RGB"))
    faces = [_pixels(name.box, image) for name in names]
    others = [_pixels(stranger, image) for stranger in strangers]
    if blur:
        named = [image.crop(face) for face in faces]
        for other in others:
            _blur(image, other)
        for face, unblurred in zip(faces, named, strict=True):
            image.paste(unblurred, face)
    for face in faces:
        _frame(image, face)
    taken = faces + others
    for name, face in zip(names, faces, strict=True):
        plate = min(_plates(name.text, face, image), key=lambda each: sum(_overlap(each.place, other) for other in taken))
        _letter(image, plate)
        taken.append(plate.place)
    return _encoded(image, profile)


def _profile(image: Image.Image) -> bytes | None:
    """What the image's colours mean, where that is to be said: without it a wide-gamut photo turns dull."""
    profile: bytes = image.info.get("icc_profile") or b""
    return profile if image.mode == "RGB" and 0 < len(profile) <= MAX_PROFILE else None


def _sized(image: Image.Image) -> Image.Image:
    longest = max(image.size)
    scale = min(max(1.0, MIN_SIDE / longest), MAX_SIDE / longest)
    if scale == 1.0:
        return image
    return image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.LANCZOS)


def _pixels(box: BoundingBox, image: Image.Image) -> Box:
    """A box's pixels, as much of it as is on the image and at least one."""
    left, top = float(box["Left"]), float(box["Top"])
    return _clipped((left * image.width, top * image.height, (left + float(box["Width"])) * image.width, (top + float(box["Height"])) * image.height),
                    image)


def _clipped(box: tuple[float, float, float, float], image: Image.Image) -> Box:
    left, top = min(max(round(box[0]), 0), image.width - 1), min(max(round(box[1]), 0), image.height - 1)
    return left, top, min(max(round(box[2]), left + 1), image.width), min(max(round(box[3]), top + 1), image.height)


def _blur(image: Image.Image, face: Box) -> None:
    """Blurs a face beyond recognition, its ears and hair too, fading out around them."""
    longest = max(face[2] - face[0], face[3] - face[1])
    margin = max(2, longest // 8)
    area = _clipped((face[0] - margin, face[1] - margin, face[2] + margin, face[3] + margin), image)
    mask = Image.new("L", (area[2] - area[0], area[3] - area[1]))
    solid = (face[0] - area[0] - margin / 2, face[1] - area[1] - margin / 2, face[2] - area[0] + margin / 2, face[3] - area[1] + margin / 2)
    ImageDraw.Draw(mask).rounded_rectangle(solid, margin, fill=255)
    blurred = image.crop(area).filter(ImageFilter.GaussianBlur(max(4, longest / 6)))
    image.paste(blurred, area, mask.filter(ImageFilter.GaussianBlur(margin / 4)))


def _frame(image: Image.Image, face: Box) -> None:
    """White between two dark lines, so that it is seen on any background."""
    line = max(2, round(min(image.size) / 200))
    edge = max(1, line // 3)
    _shape(image, face, 3 * line, PLATE, outline=line + 2 * edge)
    inner = (face[0] + edge, face[1] + edge, face[2] - edge, face[3] - edge)
    if inner[0] < inner[2] and inner[1] < inner[3]:
        _shape(image, inner, 3 * line - edge, INK, outline=line)


def _plates(name: str, face: Box, image: Image.Image) -> Iterator[Plate]:
    """Where a name may stand, best first: under its face, over it or beside it, in large letters or in smaller ones; then further off."""
    for near in (True, False):
        for letters in LETTERS:
            text, font = lettering.fitted(name, size=max(MIN_LETTER, round(min(image.size) / letters)), width=image.width * 0.9)
            pad = round(font.size * PAD)
            width, height, gap = round(font.getlength(text)) + 2 * pad, sum(font.getmetrics()) + pad, pad // 2
            middle, under, over = (face[0] + face[2] - width) // 2, face[3] + gap, face[1] - height - gap
            beside = ((face[2] + gap, face[1]), (face[0] - width - gap, face[1]))
            further = ((middle, under + height + gap), (middle, over - height - gap), (middle, face[3] - height))
            for corner in ((middle, under), (middle, over), *beside) if near else further:
                yield Plate(_inside(corner, width, height, gap, image), text, font)


def _inside(corner: tuple[int, int], width: int, height: int, margin: int, image: Image.Image) -> Box:
    """A box of this size, moved onto the image where it is not."""
    x = max(0, min(max(corner[0], margin), image.width - width - margin))
    y = max(0, min(max(corner[1], margin), image.height - height - margin))
    return x, y, x + width, y + height


def _overlap(one: Box, other: Box) -> int:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0


def _letter(image: Image.Image, plate: Plate) -> None:
    pad = round(plate.font.size * PAD)
    _shape(image, plate.place, pad, PLATE)
    ImageDraw.Draw(image).text((plate.place[0] + pad, plate.place[1] + pad / 2), plate.text, INK, plate.font)


def _shape(image: Image.Image, box: Box, radius: int, colour: tuple[int, int, int], outline: int = 0) -> None:
    """A rounded rectangle with smooth edges: filled, or its outline of a width in pixels."""
    width, height = box[2] - box[0], box[3] - box[1]
    scale = max(1, min(SMOOTH, MAX_SIDE // max(width, height)))
    mask = Image.new("L", (width * scale, height * scale))
    drawn = (0, 0, mask.width - 1, mask.height - 1)
    if outline:
        ImageDraw.Draw(mask).rounded_rectangle(drawn, radius * scale, outline=255, width=outline * scale)
    else:
        ImageDraw.Draw(mask).rounded_rectangle(drawn, radius * scale, fill=255)
    image.paste(colour, box, mask.reduce(scale))


def _encoded(image: Image.Image, profile: bytes | None) -> bytes:
    while True:
        for quality in (90, 80, 65):
            out = io.BytesIO()
            image.save(out, "JPEG", quality=quality, icc_profile=profile)
            if out.tell() <= MAX_BYTES:
                return out.getvalue()
        image = image.reduce(2)
