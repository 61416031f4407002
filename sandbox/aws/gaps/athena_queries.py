"""MiniStack's Athena speaks DuckDB's SQL, ignores the catalogue's columns, reads every partition, and neither counts nor limits what it scans.

Source: Amazon Athena user guide, "Partition projection", "Control data usage" and "Workgroup settings". Of JSON an object counts with all its bytes,
as they are stored; of Parquet, the pieces of the columns that DuckDB reads, which are a few more than Athena's where an array is unnested.
"""

import contextvars
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from ministack.services import athena, firehose, glue
from sqlglot import exp

from sandbox.aws import trino
from sandbox.aws.patching import Function, patch

PARTITION = re.compile(r"([^/=]+)=([^/]*)/")
TOO_MUCH = "Bytes scanned limit was exceeded"


@dataclass
class Scan:
    """What a query reads, in bytes, and how many it may."""

    limit: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        """Counts what is about to be read. ValueError where that is more than the work group allows."""
        self.bytes += size
        if self.limit and self.bytes > self.limit:
            raise ValueError(TOO_MUCH)


_scan: contextvars.ContextVar[Scan] = contextvars.ContextVar("scan")


def install() -> None:
    """Translates queries, reads tables by their columns and partitions, counts and limits what is read."""

    @patch(athena, "_execute_query", "0c4e4ef19494")
    async def execute_query(original: Function, query_id: str, *arguments: Any) -> None:
        execution = athena._executions.get(query_id) or {}
        group = athena._workgroups.get(execution.get("WorkGroup")) or {}
        scan = Scan(int((group.get("Configuration") or {}).get("BytesScannedCutoffPerQuery") or 0))
        _scan.set(scan)
        await original(query_id, *arguments)
        if execution:
            execution["Statistics"]["DataScannedInBytes"] = scan.bytes
            if execution["Status"]["StateChangeReason"] == TOO_MUCH:
                execution["Status"]["State"] = "CANCELLED"

    @patch(athena, "_rewrite_data_paths", "1437b9af110a")
    async def rewrite_data_paths(original: Function, query: str, database: Any, catalog: Any = None) -> Any:
        try:
            tree = trino.parsed(query)
        except sqlglot.errors.SqlglotError:  # DuckDB says what is wrong with it
            return await original(query, database, catalog)
        workdirs: list[str] = []
        try:
            rewritten, buckets, more = await original(_over_files(tree, database or "default", workdirs), database, catalog)
        except BaseException:
            for workdir in workdirs:
                shutil.rmtree(workdir, ignore_errors=True)
            raise
        return rewritten, buckets, workdirs + more

    @patch(athena, "_table_relation", "a1a2686723d2")
    def table_relation(original: Function, table: dict[str, Any], files: list[str]) -> str:
        columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
        kind = athena._data_format(table)
        if kind == "json" and columns:
            typed = ", ".join(f"'{column['Name']}': '{_type(column)}'" for column in columns)
            hive = athena._hive_options(athena._path_partition_keys(table, files))
            return f"read_json({athena._sql_list(files)}, format = 'newline_delimited', columns = {{{typed}}}, {hive})"
        relation = str(original(table, files))
        if kind == "parquet" and columns and not _has_all(relation, columns):  # files from before the table gained a field
            return f"(SELECT * FROM {athena._empty_relation(table)} UNION ALL BY NAME SELECT * FROM {relation})"
        return relation

    @patch(athena, "_empty_relation", "9b6b848915d9")
    def empty_relation(original: Function, table: dict[str, Any]) -> str:
        columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
        if not columns:
            return str(original(table))
        typed = ", ".join(f'CAST(NULL AS {_type(column)}) AS "{column["Name"]}"' for column in columns + (table.get("PartitionKeys") or []))
        return f"(SELECT {typed} WHERE FALSE)"


def _type(column: dict[str, Any]) -> str:
    return str(firehose._hive_to_duckdb_type(column["Type"]))


def _has_all(relation: str, columns: list[dict[str, Any]]) -> bool:
    """Whether what is read has every field of the columns."""
    wanted = ", ".join(f'CAST(NULL AS {_type(column)}) AS "{column["Name"]}"' for column in columns)
    with duckdb.connect() as connection:
        found, expected = (dict(connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {each})").fetchall())
                           for each in (relation, f"(SELECT {wanted})"))
    return expected.items() <= found.items()


def _over_files(tree: exp.Expr, database: str, workdirs: list[str]) -> str:
    """A query in DuckDB's SQL over the files of its tables, which are copied to new folders. Counts what it reads."""
    relations: dict[str, str] = {}
    parquet: list[str] = []
    for node in trino.tables(tree):
        table = glue._tables.get(f"{node.db or database}/{node.name.lower()}")
        location = ((table or {}).get("StorageDescriptor") or {}).get("Location")
        if not table or not location or node.catalog.lower().startswith("s3tablescatalog"):
            continue
        files = _asked_for(node, table, athena._materialize_table_files(location, workdirs))
        name = f"__table_{len(relations)}"
        relations[name] = athena._table_relation(table, files) if files else athena._empty_relation(table)
        if athena._data_format(table) == "parquet":
            parquet += files
        else:
            _scan.get(Scan()).add(sum(Path(file).stat().st_size for file in files))
        _rename(node, name)
    query = trino.translated(tree)
    for name, relation in relations.items():
        query = query.replace(f'"{name}"', relation)
    if parquet:
        _scan.get(Scan()).add(_parquet_bytes(query, sorted(set(parquet))))
    return query


def _rename(table: exp.Table, name: str) -> None:
    """Another name for a table, to which the query still refers as before."""
    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
    for part in ("db", "catalog"):
        table.set(part, None)
    table.set("this", exp.to_identifier(name, quoted=True))


def _asked_for(node: exp.Table, table: dict[str, Any], files: list[str]) -> list[str]:
    """The files of the partitions that a query asks for. ValueError where it has to name a partition and does not."""
    keys = [str(key["Name"]) for key in table.get("PartitionKeys") or []]
    conditions = trino.conditions_on(node, keys)
    parameters = table.get("Parameters") or {}
    for key in keys:
        if parameters.get(f"projection.{key}.type") == "injected" and not any(trino.fixes(each, key) for each in conditions):
            raise ValueError(f"CONSTRAINT_VIOLATION: For the injected projected partition column {key}, the WHERE clause must contain only static "
                             "equality conditions, and at least one such condition must be present.")
    found = {file: dict(PARTITION.findall(file)) for file in files}
    partitions = sorted({tuple(values[key] for key in keys) for values in found.values() if values.keys() >= set(keys)})
    if not conditions or not partitions:
        return files
    places = ", ".join(f"({', '.join('?' for _ in keys)})" for _ in partitions)
    with duckdb.connect() as connection:
        names = ", ".join(f'"{key}"' for key in keys)
        query = f"SELECT * FROM (VALUES {places}) AS t({names}) WHERE {trino.filter_of(conditions)}"
        asked = set(connection.execute(query, [value for values in partitions for value in values]).fetchall())
    return [file for file, values in found.items() if tuple(values.get(key) for key in keys) in asked]


def _parquet_bytes(query: str, files: list[str]) -> int:
    """How much a query reads of Parquet files: the compressed pieces of the columns that its plan names."""
    with duckdb.connect() as connection:
        named = " ".join(_named(json.loads(connection.execute(f"EXPLAIN (FORMAT JSON) {query}").fetchall()[0][1])))
        pieces = connection.execute(f"SELECT path_in_schema, total_compressed_size FROM parquet_metadata({athena._sql_list(files)})").fetchall()
    return sum(size for path, size in pieces if _is_named(path.split(", "), named))


def _named(plan: Any) -> list[str]:
    """What a plan takes out of Parquet files and filters them by, in words that name columns and fields as `detail.analysis.language`."""
    if isinstance(plan, list):
        return [text for part in plan for text in _named(part)]
    found = [] if plan.get("name", "").strip() != "READ_PARQUET" else [plan["extra_info"].get(key, []) for key in ("Projections", "Filters")]
    texts = [text for part in found for text in ([part] if isinstance(part, str) else part)]
    return [text.replace('"', "") for text in texts] + _named(plan.get("children", []))


def _is_named(path: list[str], texts: str) -> bool:
    """Whether a field, or what it is within, is named."""
    return any(re.search(rf"(?<![\w.-]){re.escape('.'.join(path[:length]))}(?![\w.-])", texts) for length in range(1, len(path) + 1))
