"""The console runs what reads, and nothing else."""

import pytest

from console.lake import reads_only


@pytest.mark.parametrize("sql", [
    "SELECT 1", "select * from events limit 5", "WITH a AS (SELECT 1 AS x) SELECT x FROM a", "SELECT 1 UNION ALL SELECT 2",
    'SELECT labels.name FROM "analysed-messages-table" CROSS JOIN UNNEST(detail.analysis.images) as t(images)', "SHOW TABLES", "DESCRIBE events",
    "SELECT 'a; DROP TABLE events'", "SELECT FROM nonsense WHERE ((("])
def test_what_reads_is_asked(sql: str) -> None:
    assert reads_only(sql)


@pytest.mark.parametrize("sql", [
    "", "DROP TABLE events", "CREATE TABLE a AS SELECT 1", "INSERT INTO events SELECT * FROM events", "DELETE FROM events",
    "UNLOAD (SELECT 1) TO 's3://x/'", "SELECT 1; DROP TABLE events", "ALTER TABLE events ADD COLUMNS (x int)", "MSCK REPAIR TABLE events",
    "GRANT SELECT ON events TO x", "VACUUM events", "CREATE VIEW v AS SELECT 1", "MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE",
    "-- SELECT\nDROP TABLE events"])
def test_what_changes_anything_is_not(sql: str) -> None:
    assert not reads_only(sql)
