"""MiniStack's Parallel ignores Arguments, Output and Assign in JSONata, and lets a branch's variables leak."""

import contextvars
import copy
import threading
from typing import Any

from ministack.services import stepfunctions

from sandbox.aws.patching import Function, patch


def install() -> None:
    """Runs branches with variables of their own; all of a state's Assign sees the variables as they were before it."""

    @patch(stepfunctions, "_run_parallel_branches", "b8c7f6915297")
    def run_parallel_branches(original: Function, state: dict[str, Any], given: Any, execution: Any, context: dict[str, Any]) -> Any:
        if stepfunctions._state_query_language(state, context) != "JSONata":
            return original(state, given, execution, context)
        results = _run(state["Branches"], stepfunctions._apply_jsonata_arguments(state, given, context), execution, context)
        output = stepfunctions._apply_jsonata_output(state, given, context, result=results, default=results)
        stepfunctions._apply_state_assign(state, given, context, result=results)
        return output, stepfunctions._next_or_end(state)

    @patch(stepfunctions, "_apply_state_assign", "f9cc15f006a0")
    def apply_state_assign(original: Function, state: dict[str, Any], given: Any, context: dict[str, Any] | None,
                           result: Any = None, error_output: Any = None) -> None:
        assign = state.get("Assign")
        if context is None or not isinstance(assign, dict) or stepfunctions._state_query_language(state, context) != "JSONata":
            return
        assigned = {name: stepfunctions._apply_jsonata_template(template, given, context, result=result, error_output=error_output)
                    for name, template in assign.items()}
        context.setdefault("variables", {}).update(assigned)


def _run(branches: list[dict[str, Any]], given: Any, execution: Any, context: dict[str, Any]) -> list[Any]:
    results: list[Any] = [None] * len(branches)
    errors: list[Exception] = []

    def run(index: int, branch: dict[str, Any]) -> None:
        try:
            results[index] = stepfunctions._run_sub_machine(branch["States"], branch["StartAt"], given, execution, copy.deepcopy(context))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=contextvars.copy_context().run, args=(run, index, branch), daemon=True)
               for index, branch in enumerate(branches)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error if isinstance(error, stepfunctions._ExecutionError) else stepfunctions._ExecutionError("States.BranchFailed", str(error))
    return results
