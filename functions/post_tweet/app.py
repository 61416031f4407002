"""Posts one reply on X: signs with OAuth 1.0a in user context, uploads the images, posts the text fitted to X's length."""

import functools
import json
import logging
import os
import time
from typing import Any

import boto3

import x
from fitting import fit

logger = logging.getLogger()
logger.setLevel(logging.INFO)
s3 = boto3.client("s3")
secrets_manager = boto3.client("secretsmanager")

SECRET_SECONDS = 300  # how long a rotated secret may go unnoticed


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """`{"Text", "ReplyToTweetId"?, "ImageKeys"?, "ImageKey"?}` in, `{"TweetId"}` out.

    Raises the errors of `x`, which the workflow knows by their class names: RateLimited, DuplicateTweet, TweetRefused, XUnavailable.
    """
    client = x.Client(os.environ["X_API_URL"], _keys(int(time.time() // SECRET_SECONDS)))
    image_keys = event.get("ImageKeys") or ([event["ImageKey"]] if event.get("ImageKey") else [])
    media = [client.upload(_image(key)) for key in image_keys[:4]]
    tweet_id = client.post(fit(str(event.get("Text") or "")), event.get("ReplyToTweetId"), media)
    logger.info("Posted.", extra={"tweet_id": tweet_id, "images": len(media)})
    return {"TweetId": tweet_id}


@functools.lru_cache(maxsize=1)
def _keys(period: int) -> x.Keys:
    """X's keys, read once in each period so that rotated ones are noticed."""
    value = json.loads(secrets_manager.get_secret_value(SecretId=os.environ["SECRET_ARN"])["SecretString"])
    keys = x.Keys(*(value.get(name) or "" for name in ("ApiKey", "ApiSecret", "AccessToken", "AccessTokenSecret")))
    if not all(keys):
        raise x.TweetRefused("The secret is not filled.")
    return keys


def _image(key: str) -> bytes:
    content: bytes = s3.get_object(Bucket=os.environ["MEDIA_BUCKET"], Key=key)["Body"].read()
    return content
