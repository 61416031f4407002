"""Pictures for the functions' tests, and a bucket to keep them in."""

import io
from typing import Any

from botocore.exceptions import ClientError
from PIL import Image


class Bucket:
    """S3 as the functions see it; `objects` holds each PutObject request by its key."""

    def __init__(self, **objects: bytes) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.refuses_with = ""
        for key, content in objects.items():
            self.put(key, content)

    def put(self, key: str, content: bytes) -> None:
        """Puts an object as somebody else did."""
        self.objects[key] = {"Bucket": "media", "Key": key, "Body": content}

    def put_object(self, **request: Any) -> None:
        """Keeps a request."""
        self.objects[request["Key"]] = request

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        """The object's body as a stream; NoSuchKey where there is none, or the error that the bucket was told."""
        if self.refuses_with or Key not in self.objects:
            raise ClientError({"Error": {"Code": self.refuses_with or "NoSuchKey", "Message": "no"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key]["Body"])}


def encoded(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """An image's file."""
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def picture(mode: str = "RGB", size: tuple[int, int] = (200, 100), form: str = "JPEG", **options: Any) -> bytes:
    """A file of one colour."""
    return encoded(Image.new(mode, size, options.pop("color", 0)), form, **options)
