"""From an image's bytes to an upright RGB picture of a size worth looking at."""

import io

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG")
LONGEST_SIDE = 2048  # a larger image is looked at in this size: no network here sees more
MOST_PIXELS = 100_000_000  # 10,000 by 10,000
LEAST_SIDE = 80


class NotAnImage(Exception):
    """The bytes are no JPEG or PNG, or are broken off."""


class TooLarge(Exception):
    """The image has too many pixels."""


class TooSmall(Exception):
    """A side of the image is too short."""


def opened(content: bytes) -> Image.Image:
    """The picture, upright as its EXIF data has it. Raises NotAnImage, TooLarge, TooSmall."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise TooLarge(f"The image has more than {MOST_PIXELS} pixels.")
            if min(image.size) < LEAST_SIDE:
                raise TooSmall(f"A side of the image is shorter than {LEAST_SIDE} pixels.")
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded smaller, never smaller than this
            picture = ImageOps.exif_transpose(image).convert("RGB")
    except (TooLarge, TooSmall):
        raise
    except Image.DecompressionBombError as error:
        raise TooLarge(str(error)) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:  # what Pillow's decoders raise at hostile bytes
        raise NotAnImage("The bytes are not an image, or are broken off.") from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
    return picture
