"""Makes of any image one that Rekognition and a face's box agree on: upright, JPEG or PNG, one frame, eight bits, no hidden parts."""

import io
import warnings

from PIL import Image, ImageOps

from fetching import ImageTooLarge

MAX_PIXELS = 50_000_000
MIN_SIDE = 80  # Rekognition looks for faces from here on
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
EXIF_ORIENTATION = 0x0112

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


class NotAnImage(Exception):
    """The bytes are not an image of a kind that is taken, or are broken off."""


class ImageTooSmall(Exception):
    """A side is shorter than Rekognition takes."""


def upright(content: bytes) -> tuple[bytes, str]:
    """The image's bytes and content type; the very bytes where nothing is to be mended. Raises NotAnImage, ImageTooLarge, ImageTooSmall."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ImageTooLarge(f"The image has more than {MAX_PIXELS} pixels.")
            if min(image.size) < MIN_SIDE:
                raise ImageTooSmall(f"A side of the image is shorter than {MIN_SIDE} pixels.")
            image.load()
            if _is_plain(image):
                return content, f"image/{str(image.format).lower()}"
            return _as_jpeg(image), "image/jpeg"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLarge("The image has too many pixels.") from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise NotAnImage("The bytes are not an image, or are broken off.") from error


def _is_plain(image: Image.Image) -> bool:
    return (image.format in ("JPEG", "PNG") and image.mode in ("RGB", "L") and getattr(image, "n_frames", 1) == 1
            and image.getexif().get(EXIF_ORIENTATION, 1) == 1)


def _as_jpeg(image: Image.Image) -> bytes:
    image.seek(0)
    picture = ImageOps.exif_transpose(image)
    if picture.mode.startswith("I") or picture.mode == "F":  # sixteen bits: the upper eight
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        backdrop = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(backdrop, picture.convert("RGBA"))
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()
