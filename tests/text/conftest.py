"""The embedded AWS of the sandbox's tests, for those of its reading."""

from tests.sandbox.conftest import account, embedded_aws

__all__ = ["account", "embedded_aws"]
