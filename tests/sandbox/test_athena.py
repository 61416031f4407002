"""The embedded Athena: Trino's meaning of what DuckDB runs, the partitions that are read, what is counted, and columns that files lack."""

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sandbox.aws import trino
from tests.sandbox.conftest import Account
from tools import athena
from tools.athena import Answer, QueryFailed


class Lake:
    """A database with one table of JSON and one of Parquet over a bucket."""

    def __init__(self, account: Account) -> None:
        self._s3, self._glue, self._athena = account.client("s3"), account.client("glue"), account.client("athena")
        self._bucket, self._database, self._group = account.name("lake"), account.name("database"), account.name("group")
        self._s3.create_bucket(Bucket=self._bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        self._glue.create_database(DatabaseInput={"Name": self._database})
        self._athena.create_work_group(Name=self._group, Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{self._bucket}/answers/"}})

    def table(self, name: str, kind: str, columns: dict[str, str], *keys: str, **parameters: str) -> None:
        """Creates a table, or gives it other columns."""
        serde = {"json": "org.openx.data.jsonserde.JsonSerDe", "parquet": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}[kind]
        table = {"Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": kind, **parameters},
                 "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
                 "StorageDescriptor": {"Location": f"s3://{self._bucket}/{name}/", "SerdeInfo": {"SerializationLibrary": serde},
                                       "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()]}}
        there = [each["Name"] for each in self._glue.get_tables(DatabaseName=self._database)["TableList"]]
        change = self._glue.update_table if name in there else self._glue.create_table
        change(DatabaseName=self._database, TableInput=table)

    def put(self, key: str, body: bytes) -> int:
        """Puts an object; returns its size."""
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)
        return len(body)

    def ask(self, sql: str) -> Answer:
        return athena.run(self._athena, self._group, sql, self._database)


@pytest.fixture
def lake(account: Account) -> Lake:
    return Lake(account)


def lines(*rows: Any) -> bytes:
    return gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())


@pytest.mark.parametrize(("expression", "value"), [
    ("7 / 2", "3"), ("-7 / 2", "-3"), ("7 / 2.0", "3.5"), ("CAST('9' AS bigint) / count(1)", "9"),
    ("date_diff('second', timestamp '2026-01-01 00:00:00.9', timestamp '2026-01-01 00:00:02.1')", "1"),
    ("date_diff('day', date '2026-01-01', date '2026-02-01')", "31"),
    ("""json_extract_scalar('{"a": [1, 2]}', '$.a')""", None), ("""json_extract_scalar('{"a": {"b": 1}}', '$.a')""", None),
    ("""json_extract_scalar('{"a": {"b": true}}', '$.a.b')""", "true"), ("""json_extract_scalar('{"a": 1.5}', '$.a')""", "1.5"),
    ("""json_extract_scalar('{"a": null}', '$.a')""", None), ("""json_extract_scalar('{}', '$.a')""", None),
    ("to_unixtime(from_iso8601_timestamp('1970-01-01T00:01:00Z'))", "60.0"),
    ("date_format(date '2026-11-27' - INTERVAL '30' DAY, '%Y-%m-%d')", "2026-10-28"),
    ("date_format(date_trunc('week', date '2026-11-29'), '%Y-%m-%d')", "2026-11-23"), ("approx_percentile(CAST(5 AS double), 0.9)", "5.0"),
    ("count(DISTINCT IF(1 = 2, 'x'))", "0"), ("max_by('a', 1)", "a"), ("arbitrary('b')", "b")])
def test_functions_mean_what_they_mean_to_trino(lake: Lake, expression: str, value: str | None) -> None:
    assert lake.ask(f"SELECT {expression} AS value").rows == [[value]]


def test_today_is_that_of_utc() -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Pacific/Kiritimati'")  # 14 hours ahead
        [[today, utc]] = connection.execute(
            trino.translated(trino.parsed("SELECT current_date")) + ", CAST(now() AT TIME ZONE 'UTC' AS DATE)").fetchall()
    assert today == utc


class TestPartitions:
    @pytest.fixture
    def sizes(self, lake: Lake) -> dict[str, int]:
        lake.table("events", "json", {"id": "string", "detail": "string"}, "kind", "day", **{"projection.kind.type": "injected"})
        return {f"{kind}{day}": lake.put(f"events/kind={kind}/day=2026-11-0{day}/x.gz", lines(*({"id": f"{kind}{day}", "detail": {"n": n}}
                for n in range(10 * day)))) for kind in "AB" for day in (1, 2)}

    @pytest.mark.parametrize(("where", "read"), [
        ("kind = 'A'", ["A1", "A2"]), ("kind = 'A' AND day = '2026-11-02'", ["A2"]), ("kind IN ('A', 'B') AND day < '2026-11-02'", ["A1", "B1"]),
        ("kind = 'A' AND day >= date_format(date '2026-11-03' - INTERVAL '1' DAY, '%Y-%m-%d')", ["A2"]), ("kind = 'C'", []),
        ("'B' = kind AND (day = '2026-11-01' OR day = '2026-11-02')", ["B1", "B2"]),
        ("kind = 'A' AND day = '2026-11-02' AND id LIKE 'A%'", ["A2"])])
    def test_those_asked_for_are_read_and_no_others(self, lake: Lake, sizes: dict[str, int], where: str, read: list[str]) -> None:
        answer = lake.ask(f"SELECT id, count(*) FROM events WHERE {where} GROUP BY 1 ORDER BY 1")
        assert answer.rows == [[name, name[1] + "0"] for name in read]
        assert answer.scanned == sum(sizes[name] for name in read)

    def test_a_table_that_is_asked_twice_is_read_twice(self, lake: Lake, sizes: dict[str, int]) -> None:
        answer = lake.ask("WITH a AS (SELECT id FROM events WHERE kind = 'A'), "
                          "b AS (SELECT e.id FROM events e WHERE e.kind = 'B' AND e.day = '2026-11-01') "
                          "SELECT id FROM a UNION SELECT id FROM b ORDER BY 1")
        assert answer.rows == [["A1"], ["A2"], ["B1"]]
        assert answer.scanned == sum(sizes[name] for name in ("A1", "A2", "B1"))

    @pytest.mark.parametrize("where", ["", "WHERE day = '2026-11-01'", "WHERE kind LIKE 'A'", "WHERE kind = 'A' OR kind = 'B'", "WHERE kind = id"])
    def test_an_injected_one_has_to_be_named(self, lake: Lake, sizes: dict[str, int], where: str) -> None:
        with pytest.raises(QueryFailed, match="static equality conditions"):
            lake.ask(f"SELECT count(*) FROM events {where}")


class TestParquet:
    MANY = "SELECT 'a' || range AS id, {'text': md5(range::text) || md5((range + 1)::text), 'mood': {'name': 'calm'}} AS detail FROM range(500)"

    @pytest.fixture(autouse=True)
    def _table(self, lake: Lake) -> None:
        lake.table("messages", "parquet", {"id": "string", "detail": "struct<text:string,mood:struct<name:string>>"}, "day")

    @staticmethod
    def put(lake: Lake, folder: Path, select: str, day: str) -> int:
        file = folder / "x.parquet"
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({select}) TO '{file}' (FORMAT parquet)")
        return lake.put(f"messages/day={day}/x", file.read_bytes())

    def test_the_columns_asked_for_count_and_no_others(self, lake: Lake, tmp_path: Path) -> None:
        size = self.put(lake, tmp_path, self.MANY, "2026-11-01")
        scanned = {column: lake.ask(f"SELECT count(DISTINCT {column}) FROM messages").scanned for column in ("id", "detail.text", "detail.mood.name")}
        assert scanned["detail.text"] > scanned["id"] > scanned["detail.mood.name"] > 0
        whole = lake.ask("SELECT * FROM messages")
        assert whole.scanned == sum(scanned.values()) < size
        assert lake.ask("SELECT id FROM messages WHERE day = '2026-11-02'").scanned == 0
        assert lake.ask("SELECT count(*) FROM messages WHERE detail.text LIKE '%x%'").scanned == scanned["detail.text"]
        assert lake.ask("SELECT count(*) FROM messages WHERE id = 'a7' AND detail.text LIKE '%x%'").scanned == (
            scanned["id"] + scanned["detail.text"])
        assert len(whole.rows) == 500

    def test_fields_that_a_table_gained_are_null_in_files_from_before(self, lake: Lake, tmp_path: Path) -> None:
        self.put(lake, tmp_path, self.MANY + " WHERE range = 1", "2026-11-01")
        lake.table("messages", "parquet", {
            "id": "string", "new": "bigint", "detail": "struct<text:string,mood:struct<name:string,score:double>>"}, "day")
        query = "SELECT id, new, detail.mood.name, detail.mood.score, day FROM messages ORDER BY id"
        assert lake.ask(query).rows == [["a1", None, "calm", None, "2026-11-01"]]
        newer = "SELECT 'b' AS id, 7::bigint AS new, {'text': 'x', 'mood': {'name': 'glad', 'score': 0.5::double}} AS detail"
        self.put(lake, tmp_path, newer, "2026-11-02")
        assert lake.ask(query).rows == [["a1", None, "calm", None, "2026-11-01"], ["b", "7", "glad", "0.5", "2026-11-02"]]
        assert lake.ask("SELECT id FROM messages WHERE detail.mood.score > 0").rows == [["b"]]


def test_an_empty_table_has_its_columns(lake: Lake) -> None:
    lake.table("none", "parquet", {"id": "string", "detail": "struct<labels:array<struct<name:string>>>"}, "day")
    answer = lake.ask("SELECT label.name, count(*) AS times FROM none CROSS JOIN UNNEST(detail.labels) AS t(label) GROUP BY 1")
    assert (answer.columns, answer.types, answer.rows, answer.scanned) == (["name", "times"], ["varchar", "bigint"], [], 0)


def test_what_is_wrong_with_a_query_is_said(lake: Lake) -> None:
    for sql, why in (("SELECT nothing FROM nowhere", "nowhere"), ("SELEKT 1", "SELEKT"), ("SELECT 1 FROM (", "syntax error")):
        with pytest.raises(QueryFailed, match=why):
            lake.ask(sql)
