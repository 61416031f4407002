"""Posts one reply on X: signs with OAuth 1.0a in user context, uploads the images, posts the text fitted to X's length."""

import functools
import json
import logging
import os
import time
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

import x
from fitting import fit

logger = logging.getLogger()
logger.setLevel(logging.INFO)

_session = botocore.session.get_session()  # boto3 would add to the start-up, and nothing else here
_config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
secrets_manager: Any = _session.create_client("secretsmanager", config=_config)

SECRET_SECONDS = 300  # how long a rotated secret may go unnoticed
MAX_IMAGES = 4  # X's limit for a post
GONE = ("NoSuchKey", "AccessDenied")  # what S3 says of an expired object, with and without the right to list


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """`{"Text", "ReplyToTweetId"?, "ImageKeys"?, "ImageKey"?}` in, `{"TweetId"}` out.

    Raises the errors of `x`, which the workflow knows by their class names: RateLimited, DuplicateTweet, TweetRefused, XUnavailable.
    """
    client = x.Client(os.environ["X_API_URL"], _keys(int(time.time() // SECRET_SECONDS)))
    image_keys = event.get("ImageKeys") or ([event["ImageKey"]] if event.get("ImageKey") else [])
    media = [client.upload(_image(key)) for key in image_keys[:MAX_IMAGES]]
    tweet_id = client.post(fit(str(event.get("Text") or "")), event.get("ReplyToTweetId"), media)
    logger.info("Posted.", extra={"tweet_id": tweet_id, "images": len(media)})
    return {"TweetId": tweet_id}


@functools.lru_cache(maxsize=1)
def _keys(period: int) -> x.Keys:
    """X's keys, read once in each period so that rotated ones are noticed. TweetRefused while they are not filled in."""
    secret = secrets_manager.get_secret_value(SecretId=os.environ["SECRET_ARN"])["SecretString"]
    try:
        value = json.loads(secret)
        keys = x.Keys(*(str(value[name] or "") for name in ("ApiKey", "ApiSecret", "AccessToken", "AccessTokenSecret")))
    except (ValueError, KeyError, TypeError):
        raise x.TweetRefused("The secret does not have X's four keys.") from None  # the cause would quote the secret
    if not all(keys):
        raise x.TweetRefused("X's keys are not filled in: put them in the secret.")
    return keys


@functools.cache
def _s3() -> Any:
    """Made for the first image: it is the slowest client to make, and most replies have none."""
    return _session.create_client("s3", config=_config)


def _image(key: str) -> bytes:
    try:
        content: bytes = _s3().get_object(Bucket=os.environ["MEDIA_BUCKET"], Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            raise x.TweetRefused("An image of the post is gone, or may not be read.") from error
        raise
    return content
