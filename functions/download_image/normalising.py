"""Makes of any image one that Rekognition reads and whose faces are where it says: upright, JPEG or PNG, one frame, eight bits."""

import io

from PIL import Image, ImageOps

from fetching import MAX_BYTES, ImageTooLarge

MAX_PIXELS = 50_000_000
MIN_SIDE = 80  # Rekognition looks for faces from here on
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
EXIF_ORIENTATION = 0x0112
PNG_BIT_DEPTH = 24  # where the header has it

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class NotAnImage(Exception):
    """The bytes are not an image of a kind that is taken, or are broken off."""


class ImageTooSmall(Exception):
    """A side is shorter than Rekognition takes."""


def upright(content: bytes) -> tuple[bytes, str]:
    """The image's bytes and content type; the very bytes where nothing is to be mended.

    Raises NotAnImage, ImageTooLarge, ImageTooSmall; looks at the size before it decodes.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check_size(image)
            image.load()
            if _is_plain(image, content):
                return content, f"image/{str(image.format).lower()}"
            mended = _as_jpeg(image)
    except (ImageTooLarge, ImageTooSmall):
        raise
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(f"The image has more than {MAX_PIXELS} pixels.") from error
    except Exception as error:  # decoders answer hostile bytes with errors of nearly every class
        raise NotAnImage("The bytes are not an image, or are broken off.") from error
    if len(mended) > MAX_BYTES:
        raise ImageTooLarge(f"The image has more than {MAX_BYTES} bytes as a JPEG.")
    return mended, "image/jpeg"


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise ImageTooLarge(f"The image has more than {MAX_PIXELS} pixels.")
    if min(image.size) < MIN_SIDE:
        raise ImageTooSmall(f"A side of the image is shorter than {MIN_SIDE} pixels.")


def _is_plain(image: Image.Image, content: bytes) -> bool:
    return (
        image.mode in ("RGB", "L")
        and (image.format == "JPEG" or (image.format == "PNG" and content[PNG_BIT_DEPTH] == 8))
        and getattr(image, "n_frames", 1) == 1
        and not image.has_transparency_data
        and image.getexif().get(EXIF_ORIENTATION, 1) == 1
    )


def _as_jpeg(image: Image.Image) -> bytes:
    """The first frame, upright, on white where it is see-through."""
    image.seek(0)
    picture = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile") if picture.mode in ("RGB", "RGBA") else None  # what the colours mean
    if picture.mode.startswith("I"):  # sixteen bits: the upper eight
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        overlay = picture.convert("RGBA")
        picture = Image.new("RGB", overlay.size, "white")
        picture.paste(overlay, mask=overlay)
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=90, icc_profile=profile)
    return out.getvalue()
