"""`python -m tools dead-letters`: what did not arrive, why, and putting it back."""

import argparse
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from tools import command, output, redrive, times
from tools.letter_box import LetterBox, boxes
from tools.letters import Letter, short
from tools.stack import Failure, Stack

SAFE = ("A letter leaves its queue only after its consumer took it, so one may be sent twice, never lost: every consumer is idempotent."
        " What fails again comes back to the queue.")


def add_to(commands: Any) -> None:
    """Its three commands."""
    own = command.group(commands, "dead-letters", "look at what did not arrive, and put it back")
    listing = command.add(own, "list", _list, "every microservice's dead-letter queue, and how many letters are in it",
                          "dead-letters list\ndead-letters list --stack serverless-message-analyser-prod --json")
    command.add_json(listing)

    show = command.add(own, "show", _show, "the letters, decoded, and why they are there; none is removed",
                       "dead-letters show\ndead-letters show egress --content\ndead-letters show --json | jq '.[].error'",
                       "What people wrote is shown only with --content. While the letters are read, other readers do not see them.")
    _add_service(show)
    show.add_argument("--limit", type=int, default=100, metavar="N", help="at most this many of each queue (default 100)")
    show.add_argument("--content", action="store_true", help="with the events themselves, and thus what people wrote")
    command.add_json(show)

    back = command.add(own, "redrive", _redrive, "put letters back on their way, each to the one consumer that missed it",
                       "dead-letters redrive --dry-run\ndead-letters redrive egress\n"
                       "dead-letters redrive --message-id twitter-1572570427880538999", SAFE)
    _add_service(back)
    back.add_argument("--message-id", metavar="ID", help="only this one: its key or id, as `show` prints them")
    back.add_argument("--dry-run", action="store_true", help="only say where each would go")
    command.add_json(back)


def _add_service(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("service", nargs="?", metavar="SERVICE", help="one microservice, such as egress (default: all)")


def _list(arguments: argparse.Namespace) -> int:
    rows = []
    for box in boxes(command.stack_of(arguments)):
        waiting, hidden = box.depth()
        rows.append({"service": box.service, "letters": waiting, "being_read": hidden, "queue": short(box.url)})
    output.show(rows, ["service", "letters", "being_read", "queue"], arguments.json)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    rows = []
    for box in boxes(command.stack_of(arguments), arguments.service):
        with output.progress(f"Reading {box.service}'s letters"), box.opened() as letters:
            rows += [described(letter) for letter, _ in zip(letters, range(arguments.limit), strict=False)]
    columns = ["service", "event", "key", "waits_since", "sender", "target", "error", "message", "id", *(["content"] if arguments.content else [])]
    output.show(rows, columns, arguments.json)
    return 0


def described(letter: Letter) -> output.Row:
    """A letter as it is shown."""
    return {"service": letter.service, "event": letter.event, "key": letter.key, "waits_since": times.stamp(letter.sent), "sender": letter.sender,
            "target": short(letter.target), "error": letter.error, "message": letter.message, "id": letter.id,
            "content": letter.content or letter.body}


def _redrive(arguments: argparse.Namespace) -> int:
    stack, started = command.stack_of(arguments), datetime.now(UTC)
    rows: list[output.Row] = []
    for box in boxes(stack, arguments.service):
        with output.progress(f"Redriving {box.service}'s letters") as progress, box.opened() as letters:
            for letter in letters:
                wanted = not arguments.message_id or letter.goes_by(arguments.message_id)
                if wanted and letter.sent <= started:  # a later one has failed once more just now
                    rows.append(redriven(stack, box, letter, arguments.dry_run))
                    progress.tell(str(len(rows)))
    output.show(rows, ["service", "event", "key", "to", "outcome", "id"], arguments.json)
    return _summed_up(rows, arguments)


def redriven(stack: Stack, box: LetterBox, letter: Letter, dry_run: bool) -> output.Row:
    """Puts a letter on its way, or only says where that would be; returns what came of it."""
    row: output.Row = {"service": letter.service, "event": letter.event, "key": letter.key, "id": letter.id}
    try:
        to = redrive.destination(stack, letter)
        row["to"] = to.name
        if dry_run:
            return {**row, "outcome": "would be redriven"}
        redrive.deliver(stack, letter, to)
    except (Failure, ClientError) as failure:
        return {**row, "outcome": f"kept: {failure}"}
    box.remove(letter)
    return {**row, "outcome": "redriven"}


def _summed_up(rows: list[output.Row], arguments: argparse.Namespace) -> int:
    kept = Counter(str(row["outcome"]) for row in rows if str(row["outcome"]).startswith("kept"))
    if not rows:
        output.note(f"No letter goes by {arguments.message_id}." if arguments.message_id else "There is nothing to redrive.")
        return 1 if arguments.message_id else 0
    if kept:
        output.note(f"{kept.total()} of {len(rows)} stay in their queues.", "yellow")
    elif not arguments.dry_run:
        output.note(f"Redriven: {len(rows)}. `python -m tools events tail` shows what comes of them; `dead-letters list` whether any is back.")
    return 1 if kept else 0
