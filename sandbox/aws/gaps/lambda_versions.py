"""MiniStack's published versions do not know the concurrency that is reserved for their function, or that nothing is left of it."""

from typing import Any

from ministack.services import lambda_svc

from sandbox.aws.patching import Function, patch


def install() -> None:
    """Asks the function itself, whichever of its versions is called."""

    @patch(lambda_svc, "_reserved_concurrency", "ebec4b4bba77")
    def reserved_concurrency(original: Function, function: dict[str, Any], config: dict[str, Any]) -> int | None:
        account, region = lambda_svc._account_region_from_function_config(config)
        whole = lambda_svc._functions.get_scoped(account, region, config["FunctionName"])
        reserved: int | None = original(whole or function, config)
        return reserved
