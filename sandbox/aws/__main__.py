"""`python -m sandbox.aws` runs the embedded AWS in the foreground; `python -m sandbox` starts it so.

MiniStack reads its settings from the environment: GATEWAY_PORT, BIND_HOST, AUTH, TMPDIR, LAMBDA_ACCOUNT_CONCURRENCY. With AUTH=true the access
key `test` is the account's root, and every other caller needs a role that allows what it does.
"""

import signal
import sys


def main() -> None:
    """Fills the gaps and serves until SIGINT or SIGTERM."""
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    from ministack import app

    from sandbox.aws import install

    install()
    sys.argv = ["ministack"]
    app.main()


if __name__ == "__main__":
    main()
