"""Who may use the console: pages that it served itself. Not another site's page, by whatever name it reaches 127.0.0.1."""

from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ["127.0.0.1", "localhost"]
SAFE = ("GET", "HEAD")


def guarded(app: ASGIApp, images: str = "") -> ASGIApp:
    """The application behind its guards. `images` is one more origin that the page may show pictures of."""
    return TrustedHostMiddleware(_Guard(app, images), HOSTS)  # a name that was made to lead here is refused: DNS rebinding


class _Guard:
    """Refuses what another site's page sends or reads, and tells browsers what the page may do."""

    def __init__(self, app: ASGIApp, images: str) -> None:
        self._app = app
        policy = (f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data: {images}; connect-src 'self';"
                  " font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
        self._headers = [(name.encode(), value.encode()) for name, value in {
            "content-security-policy": policy, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin", "cache-control": "no-cache"}.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        app = self._app if _is_own(scope) else JSONResponse({"message": "Requests from other sites are refused."}, 403)
        await app(scope, receive, with_headers)


def _is_own(scope: Scope) -> bool:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    origin, site = headers.get("origin", ""), headers.get("sec-fetch-site", "")
    if origin and origin != f"{scope['scheme']}://{headers.get('host', '')}":
        return False
    if site in ("", "same-origin", "none"):  # a client that is no browser, the page itself, or an address typed in
        return True
    return scope["method"] in SAFE and headers.get("sec-fetch-mode") == "navigate" and not scope["path"].startswith("/api/")
