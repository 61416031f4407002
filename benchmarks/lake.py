"""What a query takes of JSON and of Parquet: `python -m benchmarks.lake [EVENTS …]` asks both tables of the lake for the same of so many events.

The tables are those of the template, the files as Firehose writes them (gzip; Snappy), a file for each 10,000 analysed messages. Times are those
of this machine, whose Athena is DuckDB; bytes are what Athena's price goes by.
"""

import argparse
import gzip
import json
import random
import statistics
import sys
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from ministack.services.firehose import _hive_to_duckdb_type
from rich.console import Console
from rich.table import Table
from samcli.yamlhelper import yaml_parse

from sandbox import stack
from sandbox.embedded_aws import REGION, EmbeddedAws
from tools import athena
from tools.ports import free_port

EVENTS = (1_000, 10_000, 100_000)
FILE = 10_000  # events
TIMES = 3  # that each query runs; the median counts
BUCKET, GROUP = "lake", "group"
ROOT = Path(__file__).parents[1]
QUESTIONS = {
    "messages by sentiment": (
        "SELECT json_extract_scalar(detail, '$.Analysis.TextSentiment'), count(*) FROM events WHERE detail_type = 'MESSAGE_ANALYSED' GROUP BY 1",
        'SELECT detail.analysis.textsentiment, count(*) FROM "analysed-messages-table" GROUP BY 1'),
    "loudest authors": (
        "SELECT json_extract_scalar(detail, '$.Author') AS author, count(*) FROM events WHERE detail_type = 'MESSAGE_ANALYSED' "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 25",
        'SELECT detail.author, count(*) FROM "analysed-messages-table" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 25'),
    "a word in the text": (
        "SELECT count(*) FROM events WHERE detail_type = 'MESSAGE_ANALYSED' AND json_extract_scalar(detail, '$.Text') LIKE '%number 7 %'",
        "SELECT count(*) FROM \"analysed-messages-table\" WHERE detail.text LIKE '%number 7 %'"),
}


def main() -> int:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lake", description=__doc__)
    parser.add_argument("events", nargs="*", type=int, default=EVENTS, help="how many, for each run (default 1000 10000 100000)")
    output = Table("events", "question", "JSON, s", "Parquet, s", "ratio", "JSON, kB", "Parquet, kB", "ratio")
    with tempfile.TemporaryDirectory() as folder:
        for number in parser.parse_args().events:
            aws = EmbeddedAws(free_port(0), Path(folder) / "aws.log")
            aws.start()
            try:
                _fill(aws.endpoint, number, Path(folder))
                for question, queries in QUESTIONS.items():
                    rows: list[Any] = []
                    (slow, much), (fast, little) = (_ask(aws.endpoint, query, rows) for query in queries)
                    if rows[0] != rows[1] or not rows[0]:
                        raise SystemExit(f"{question}: JSON says {rows[0]}, Parquet {rows[1]}.")
                    output.add_row(f"{number:,}", question, f"{slow:.2f}", f"{fast:.2f}", f"{slow / fast:.1f}", f"{much / 1000:,.0f}",
                                   f"{little / 1000:,.1f}", f"{much / little:,.0f}")
            finally:
                aws.stop()
    Console(width=120).print(output)
    return 0


def _ask(endpoint: str, query: str, rows: list[Any]) -> tuple[float, int]:
    """The median of the seconds that Athena says, and the bytes that it scanned; adds what it found to `rows`. Raises QueryFailed."""
    answers = [athena.run(stack.client(endpoint, "athena"), GROUP, query) for _ in range(TIMES)]
    rows.append(sorted(answers[0].rows, key=str))
    return statistics.median(answer.seconds for answer in answers), answers[0].scanned


def _fill(endpoint: str, number: int, folder: Path) -> None:
    """The template's two tables, with the same events in both."""
    s3, glue = stack.client(endpoint, "s3"), stack.client(endpoint, "glue")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    stack.client(endpoint, "athena").create_work_group(Name=GROUP, Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/answers/"}})
    glue.create_database(DatabaseInput={"Name": athena.DATABASE})
    template = yaml_parse((ROOT / "microservices" / "analytics.yaml").read_text())["Resources"]
    inputs = {name: template[name]["Properties"]["TableInput"] for name in ("EventsTable", "AnalysedMessagesTable")}
    for name, place in (("EventsTable", "events"), ("AnalysedMessagesTable", "analysed-messages")):
        inputs[name]["StorageDescriptor"]["Location"] = f"s3://{BUCKET}/{place}/"
        inputs[name]["Parameters"].pop("storage.location.template")
        glue.create_table(DatabaseName=athena.DATABASE, TableInput=inputs[name])
    columns = inputs["AnalysedMessagesTable"]["StorageDescriptor"]["Columns"]
    day, chance = datetime.now(UTC).date(), random.Random(7)  # the same in every run
    for file, first in enumerate(range(0, number, FILE)):
        lines = "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in _events(range(first, min(first + FILE, number)), chance))
        s3.put_object(Bucket=BUCKET, Key=f"events/detail_type=MESSAGE_ANALYSED/day={day}/{file}.gz", Body=gzip.compress(lines.encode()))
        s3.put_object(Bucket=BUCKET, Key=f"analysed-messages/day={day}/{file}.parquet", Body=_parquet(lines, columns, folder))


def _events(numbers: range, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Analysed messages, a fifth of them with a photo, by a thousand authors some of whom are louder; ids, texts and scores differ."""
    samples = [json.loads((ROOT / "events" / f"MESSAGE_ANALYSED.{name}.json").read_text()) for name in ("joke", "with-celebrity")]
    for number in numbers:
        event = json.loads(json.dumps(samples[number % 5 == 0]))
        detail, identifier = event["detail"], str(1572570427880538999 + number * 4194304)
        event["id"] = str(uuid.UUID(int=chance.getrandbits(128)))
        detail.update(MessageId=f"twitter-{identifier}", Author=f"author{int(chance.paretovariate(1)) % 1000}",
                      Text=f"@makitdev this is number {number} of all, and {chance.choice(('I love it', 'it is a shame', 'tell me a joke'))}")
        scores = [chance.random() for _ in range(4)]
        detail["Analysis"].update(TextSentiment=chance.choice(("POSITIVE", "NEGATIVE", "NEUTRAL", "MIXED")), SentimentScore={
            mood: score / sum(scores) for mood, score in zip(("Positive", "Negative", "Neutral", "Mixed"), scores, strict=True)})
        yield event


def _parquet(lines: str, columns: list[dict[str, str]], folder: Path) -> bytes:
    """Newline-delimited JSON as Parquet of a table's columns, whose names are in small letters."""
    source, target = folder / "lines.json", folder / "lines.parquet"
    source.write_text("".join(json.dumps(json.loads(line, object_hook=_small)) + "\n" for line in lines.splitlines()))
    typed = ", ".join(f"'{column['Name']}': '{_hive_to_duckdb_type(column['Type'])}'" for column in columns)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM read_json('{source}', format = 'newline_delimited', columns = {{{typed}}})) "
                           f"TO '{target}' (FORMAT parquet, COMPRESSION snappy)")
    return target.read_bytes()


def _small(fields: dict[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in fields.items()}


if __name__ == "__main__":
    sys.exit(main())
