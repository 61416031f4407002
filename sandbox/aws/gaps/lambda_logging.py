"""MiniStack gives a function's root logger no handler, so that what it logs by `logging` is lost, and waits 50 ms for a line that never comes.

Source for the shape of a line: AWS Lambda developer guide, "Using JSON formatted logs with Python".
"""

from ministack.core import lambda_runtime

from sandbox.aws.patching import Function, patch

# Runs before the worker's own script, in the function's process.
PRELUDE = '''\
import json, logging, sys, time

class _JsonFormatter(logging.Formatter):
    _known = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record):
        line = {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)), "level": record.levelname,
                "message": record.getMessage(), "logger": record.name}
        line.update({name: value for name, value in vars(record).items() if name not in self._known})
        if record.exc_info:
            line["stackTrace"] = self.formatException(record.exc_info).splitlines()
        return json.dumps(line, default=str)

_handler = logging.StreamHandler(sys.stderr)
_handler.setFormatter(_JsonFormatter())
logging.getLogger().addHandler(_handler)
'''


def install() -> None:
    """Gives it Lambda's own: JSON, a line each, with what `extra` holds."""

    @patch(lambda_runtime, "_detect_runtime_binary", "222e200df2c0")
    def detect_runtime_binary(original: Function, runtime: str) -> tuple[str, str]:
        binary, script = original(runtime)
        return (binary, PRELUDE + script) if runtime.startswith("python") else (binary, script)
