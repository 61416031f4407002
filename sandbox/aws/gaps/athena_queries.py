"""MiniStack's Athena ignores the catalogue's columns for JSON, types the columns of an empty table wrongly, and speaks DuckDB's SQL, not Trino's."""

import contextlib
from typing import Any

import sqlglot
from ministack.services import athena, firehose

from sandbox.aws.patching import Function, patch


def install() -> None:
    """Reads a JSON table by its columns, knows an empty table's, and translates queries."""

    @patch(athena, "_table_relation", "a1a2686723d2")
    def table_relation(original: Function, table: dict[str, Any], files: list[str]) -> str:
        columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
        if athena._data_format(table) != "json" or not columns:
            return str(original(table, files))
        typed = ", ".join(f"'{column['Name']}': '{_type(column)}'" for column in columns)
        hive = athena._hive_options(athena._path_partition_keys(table, files))
        return f"read_json({athena._sql_list(files)}, format = 'newline_delimited', columns = {{{typed}}}, {hive})"

    @patch(athena, "_empty_relation", "9b6b848915d9")
    def empty_relation(original: Function, table: dict[str, Any]) -> str:
        columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
        if not columns:
            return str(original(table))
        typed = ", ".join(f'CAST(NULL AS {_type(column)}) AS "{column["Name"]}"' for column in columns + (table.get("PartitionKeys") or []))
        return f"(SELECT {typed} WHERE FALSE)"

    @patch(athena, "_rewrite_data_paths", "1437b9af110a")
    def rewrite_data_paths(original: Function, query: str, database: Any, catalog: Any = None) -> Any:
        with contextlib.suppress(sqlglot.errors.SqlglotError):  # DuckDB says what is wrong with it
            query = sqlglot.transpile(query, read="athena", write="duckdb")[0]
        return original(query, database, catalog)


def _type(column: dict[str, Any]) -> str:
    return str(firehose._hive_to_duckdb_type(column["Type"]))
