"""`python -m sandbox.aws` runs the embedded AWS in the foreground until SIGINT or SIGTERM.

Settings, from the environment: GATEWAY_PORT (4566), BIND_HOST (127.0.0.1), AUTH (true: IAM is enforced), MINISTACK_REGION
(else AWS_DEFAULT_REGION, else us-east-1), LAMBDA_ACCOUNT_CONCURRENCY (8 functions at once, each about 45 MB),
LOG_LEVEL (WARNING), TMPDIR (workers and their code are there; remove it afterwards).

Credentials: access key `test` with secret `test` is the account's root, which may do everything: deploy with it. A
twelve-digit access key with secret `test` is the root of the account of that number. Every other caller needs a
user or a role whose policies allow what it does. Whatever AWS_* variables the caller has set play no part.
"""

import os
import sys

DEFAULTS = {
    "AUTH": "true",
    "BIND_HOST": "127.0.0.1",
    "IOT_MTLS_ENABLED": "0",
    "LAMBDA_ACCOUNT_CONCURRENCY": "8",
    "LOG_LEVEL": "WARNING",
}


def settle_environment() -> None:
    """Defaults, and none of the operator's own AWS settings: MiniStack would take their keys for its root's."""
    region = os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") or "us-east-1"
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    for name, value in {**DEFAULTS, "MINISTACK_REGION": region}.items():
        os.environ.setdefault(name, value)


def main() -> None:
    """Fills the gaps and serves."""
    settle_environment()  # before the import: MiniStack reads its settings as it is loaded
    from ministack import app

    from sandbox.aws import install

    install()
    sys.argv = ["ministack"]
    app.main()


if __name__ == "__main__":
    main()
