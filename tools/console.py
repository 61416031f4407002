"""`python -m tools console`: the application in the browser, live."""

import argparse
import time
from typing import Any

from tools import command, output
from tools.ports import free_port

MORE = """\
On AWS it is read-only: it shows the map, events, workflows, alarms, dead letters and metrics, and asks the lake; it posts, breaks and redrives
nothing. With --sandbox it can do all that `make sandbox` opens. It listens on 127.0.0.1 only, and ends with Ctrl-C."""


def add_to(commands: Any) -> None:
    """Its command."""
    parser = command.add(commands, "console", _console, "watch the application in the browser, live",
                         "console --stack serverless-message-analyser-prod\nconsole --sandbox --no-browser", MORE)
    parser.add_argument("--port", type=int, default=4590, help="port to listen on; another free one where it is taken (default 4590)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")


def _console(arguments: argparse.Namespace) -> int:
    from console import browser  # loaded with the command: the other commands need no web server
    from console.deployment import Deployment
    from console.server import Server

    stack = command.stack_of(arguments)
    outputs = stack.outputs if arguments.sandbox else {}
    server = Server(Deployment(stack, outputs.get("XApiUrl", ""), outputs.get("AwsEndpoint", "")), free_port(arguments.port))
    server.start()
    print(server.url, flush=True)
    output.note("Ctrl-C ends it.")
    try:
        if not arguments.no_browser:
            browser.show(server.url)
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return 0
    finally:
        server.stop()
