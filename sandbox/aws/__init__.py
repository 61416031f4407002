"""The embedded AWS: MiniStack in this virtual environment, with what it lacks filled in.

`gaps/` has a module for each thing that MiniStack does differently from AWS and that this application touches; `services/` the services
it does not have. Each module has an `install()`; each says in its docstring what it fills, and refuses to start on another MiniStack
than it was written for.
"""

import functools
import importlib
import pkgutil

from sandbox.aws import gaps, services


@functools.cache
def install() -> None:
    """Fills every gap in this process's MiniStack, once."""
    for package in (gaps, services):
        for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
            if not module.ispkg:
                importlib.import_module(f"{package.__name__}.{module.name}").install()
