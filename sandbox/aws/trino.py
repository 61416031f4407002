"""Athena's SQL, which is Trino's, in DuckDB's words; where the two mean different things by one name, Trino's meaning.

Source: Trino documentation, "Functions and operators". Not covered, and left to DuckDB: Trino's stricter types (it compares no text with a number)
and what it refuses (an output column's alias in GROUP BY).
"""

from collections.abc import Iterable
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.simplify import flatten

TODAY = "CAST(TIMEZONE('UTC', NOW()) AS DATE)"  # DuckDB's own is in the machine's time zone


def parsed(sql: str) -> exp.Expr:
    """A statement, to be asked for its tables and translated. Raises sqlglot.errors.SqlglotError where it is none."""
    return sqlglot.parse_one(sql, read="athena")


def translated(tree: exp.Expr) -> str:
    """A statement in DuckDB's SQL."""
    return annotate_types(tree, dialect="athena").transform(_translate).sql(dialect="duckdb")


def _translate(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.JSONExtractScalar):  # of an object or an array there is no scalar
        kind = exp.func("JSON_TYPE", node.this.copy(), node.expression.copy())
        return exp.case().when(kind.isin("OBJECT", "ARRAY"), exp.null()).else_(node)
    if isinstance(node, exp.DateDiff):  # whole units that have passed, not boundaries that were crossed
        unit = exp.Literal.string(node.text("unit").lower())
        return exp.Anonymous(this="DATE_SUB", expressions=[unit, node.expression, node.this])
    if isinstance(node, exp.Div) and node.left.is_type(*exp.DataType.INTEGER_TYPES) and node.right.is_type(*exp.DataType.INTEGER_TYPES):
        return exp.IntDiv(this=node.left, expression=node.right)
    if isinstance(node, exp.CurrentDate):
        return sqlglot.parse_one(TODAY, read="duckdb")
    return node


def tables(tree: exp.Expr) -> list[exp.Table]:
    """The tables that a statement names, but for those that it makes itself."""
    own = {each.alias for each in tree.find_all(exp.CTE)}
    return [table for table in tree.find_all(exp.Table) if table.name and (table.db or table.name not in own)]


def conditions_on(table: exp.Table, columns: Iterable[str]) -> list[exp.Expr]:
    """What the WHERE around a table asks of these columns and of nothing else; all of it has to be true."""
    select = table.find_ancestor(exp.Select)
    where = select and select.args.get("where")
    if not where:
        return []
    names, known = {table.name, table.alias, ""}, {column.lower() for column in columns}
    parts = flatten(where.this.copy()).flatten() if isinstance(where.this, exp.And) else [where.this.copy()]
    return [part.unnest() for part in parts if not part.find(exp.Query) and (asked := list(part.find_all(exp.Column)))
            and all(column.name.lower() in known and column.table in names for column in asked)]


def fixes(condition: exp.Expr, column: str) -> bool:
    """Whether a condition says which values a column has, one by one."""
    if isinstance(condition, exp.EQ):
        sides = (condition.left, condition.right)
        return any(isinstance(side, exp.Column) and side.name.lower() == column for side in sides) and any(
            isinstance(side, exp.Literal) for side in sides)
    return (isinstance(condition, exp.In) and isinstance(condition.this, exp.Column) and condition.this.name.lower() == column
            and bool(condition.expressions) and all(isinstance(each, exp.Literal) for each in condition.expressions))


def filter_of(conditions: Iterable[exp.Expr]) -> str:
    """Conditions in DuckDB's SQL, as one, over columns that belong to no table."""
    bare: list[Any] = [condition.transform(lambda node: exp.column(node.name) if isinstance(node, exp.Column) else node) for condition in conditions]
    return " AND ".join(f"({translated(each)})" for each in bare)
