-- Runs and effects count in the order in which they were written down: a clock may have been wrong. So effects get row numbers,
-- as runs have them.
DROP INDEX runs_by_time;
CREATE INDEX runs_by_pipeline ON runs (pipeline);
ALTER TABLE effects RENAME TO effects_by_time;
CREATE TABLE effects (
    pipeline TEXT NOT NULL,
    task     TEXT NOT NULL,
    key      TEXT NOT NULL,
    content  BLOB NOT NULL,
    status   TEXT NOT NULL,
    message  TEXT,
    run      TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (pipeline, task, key)
) STRICT;
INSERT INTO effects SELECT e.* FROM effects_by_time e LEFT JOIN runs r ON r.id = e.run ORDER BY coalesce(r.rowid, 0), e.at;
DROP TABLE effects_by_time;
