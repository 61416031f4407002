"""Draws the name of each recognised face on an image, as a new object beside it."""

import hashlib
import json
import logging
import os
from pathlib import PurePosixPath
from typing import Any

import botocore.session
from botocore.config import Config

import drawing

logger = logging.getLogger()
logger.setLevel(logging.INFO)
s3: Any = botocore.session.get_session().create_client(  # boto3 would add to the start-up, and nothing else here
    "s3", config=Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2}))


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """`{"Key", "CelebrityFaces": [{"Name", "Face": {"BoundingBox"}}], "UnrecognizedFaces": [{"BoundingBox"}]}` in, `{"Key"}` out.

    The key comes from the image's and what is drawn, so that a second drawing is the same object and the original stays as it is.
    Raises ValueError where there is no name to draw.
    """
    bucket, key = os.environ["MEDIA_BUCKET"], event["Key"]
    names = [drawing.Name(face["Name"], face["Face"]["BoundingBox"]) for face in event["CelebrityFaces"]]
    if not names:
        raise ValueError("There is no name to draw.")
    blur = os.environ["BLUR_STRANGERS"] == "true"
    strangers = [face["BoundingBox"] for face in event.get("UnrecognizedFaces") or []]
    content = drawing.draw(s3.get_object(Bucket=bucket, Key=key)["Body"].read(), names, strangers, blur=blur)
    drawn = hashlib.sha256(json.dumps([key, names, strangers, blur], sort_keys=True).encode()).hexdigest()[:16]
    annotated = f"annotated/{PurePosixPath(key).stem}-{drawn}.jpg"
    s3.put_object(Bucket=bucket, Key=annotated, Body=content, ContentType="image/jpeg")
    logger.info("Image annotated.", extra={"key": annotated, "names": len(names), "bytes": len(content)})
    return {"Key": annotated}
