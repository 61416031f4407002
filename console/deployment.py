"""What the console shows: the deployed application, and where it may be touched, X's stand-in and the embedded AWS."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from console.stack import Map, map_of
from tools.stack import Stack

READ_ONLY = "This console is read-only: it shows a deployed stack on AWS."


@dataclass(eq=False)
class Deployment:
    """The application. `x_url` and `aws_url` are those of X's stand-in and of the embedded AWS; on AWS there are none, and nothing is changed."""

    stack: Stack
    x_url: str = ""
    aws_url: str = ""

    @property
    def read_only(self) -> bool:
        """Whether it is only to be looked at."""
        return not self.aws_url

    @functools.cached_property
    def map(self) -> Map:
        """Its microservices, the bus and its rules, read once."""
        return map_of(self.stack)


def of(request: Request) -> Deployment:
    """The deployment that a request is about."""
    deployment: Deployment = request.app.state.deployment
    return deployment


def changes(handle: Callable[..., Any]) -> Callable[..., Any]:
    """A handler of something that changes the application: refused with 403 where it is only to be looked at."""

    @functools.wraps(handle)
    async def checked(request: Request) -> Any:
        if of(request).read_only:
            raise HTTPException(403, READ_ONLY)
        return await handle(request)

    return checked
