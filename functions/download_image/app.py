"""Moves an image from an allowed host to the media bucket, upright and in a format that Rekognition reads."""

import hashlib
import logging
import os
from typing import Any

import botocore.session
from botocore.config import Config

import fetching
import normalising

logger = logging.getLogger()
logger.setLevel(logging.INFO)
s3: Any = botocore.session.get_session().create_client(  # boto3 would add to the start-up, and nothing else here
    "s3", config=Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2}))


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """`{"Url"}` in, `{"Url", "Key"}` out.

    The key comes from the URL alone, so that a second download is the same object. Raises the errors of `fetching` and
    `normalising`; the workflow knows them by their class names.
    """
    url = event["Url"]
    content, content_type = normalising.upright(fetching.fetch(url, os.environ["MEDIA_HOSTS"]))
    key = hashlib.sha256(url.encode()).hexdigest()[:32] + (".png" if content_type == "image/png" else ".jpg")
    s3.put_object(Bucket=os.environ["MEDIA_BUCKET"], Key=key, Body=content, ContentType=content_type)
    logger.info("Image stored.", extra={"key": key, "bytes": len(content)})
    return {"Url": url, "Key": key}
