"""Opens the console in the browser of whoever sits in front of this machine, where somebody does."""

import os
import sys
import webbrowser


def show(url: str) -> bool:
    """Opens an address; False where nobody would see it: no terminal, no display, a build server, another machine's shell."""
    return somebody_sees() and webbrowser.open(url)


def somebody_sees() -> bool:
    """Whether a browser opened here has somebody in front of it."""
    alone = os.environ.get("CI") or os.environ.get("SSH_CONNECTION") or not sys.stdout.isatty()
    display = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(display) and not alone
