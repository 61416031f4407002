"""A stand-in for X: its API v2 as far as a bot needs it, its webhook deliveries, and its media host."""

from typing import NamedTuple


class Keys(NamedTuple):
    """The application's and the account's keys. X and the application's secret hold the same ones."""

    api_key: str = "sandbox-api-key"
    api_secret: str = "sandbox-api-secret"
    access_token: str = "1572000000000000001-sandbox"
    access_token_secret: str = "sandbox-access-token-secret"


BOT_USER_ID = "1572000000000000001"
BOT_USERNAME = "makitdev"
