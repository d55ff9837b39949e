-- Times are microseconds since 1970 (UTC), durations microseconds, digests 32 bytes.

CREATE TABLE runs (
    id           TEXT PRIMARY KEY,
    pipeline     TEXT NOT NULL,
    status       TEXT NOT NULL,
    trigger      TEXT NOT NULL,
    started      INTEGER NOT NULL,
    ended        INTEGER,
    logical_time TEXT NOT NULL,
    params       TEXT NOT NULL,            -- JSON, secrets never
    selection    TEXT NOT NULL,            -- JSON: the selectors as given
    pid          INTEGER NOT NULL,
    boot         TEXT NOT NULL,            -- of the machine the process ran on
    pid_started  INTEGER NOT NULL,         -- tells a process from a later one of the same number
    counts       TEXT                      -- JSON, once it has ended
) STRICT;
CREATE INDEX runs_by_time ON runs (pipeline, started);

-- The cache index: what a fingerprint's task made. One row a task is the latest.
CREATE TABLE results (
    id           INTEGER PRIMARY KEY,
    pipeline     TEXT NOT NULL,
    task         TEXT NOT NULL,
    fingerprint  BLOB NOT NULL,
    run          TEXT NOT NULL,            -- that made it; it may be forgotten
    made         INTEGER NOT NULL,
    used         INTEGER NOT NULL,
    latest       INTEGER NOT NULL,
    table_digest BLOB,
    table_size   INTEGER,
    stored       INTEGER NOT NULL,         -- 0: only the table's digest is remembered
    rows         INTEGER,
    columns      TEXT,                     -- JSON: the table's schema
    outputs      TEXT,                     -- JSON; NULL: none
    facts        TEXT NOT NULL             -- JSON: what templates may know of the task
) STRICT;
CREATE UNIQUE INDEX results_by_fingerprint ON results (pipeline, fingerprint, task);
CREATE UNIQUE INDEX results_latest ON results (pipeline, task) WHERE latest;

-- The parts behind a digest, once each.
CREATE TABLE fingerprints (
    digest BLOB PRIMARY KEY,
    parts  TEXT NOT NULL                   -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE task_results (
    run         TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    task        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    status      TEXT NOT NULL,
    how         TEXT,                      -- ran, cached, restored
    started     INTEGER NOT NULL,
    duration    INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    fingerprint BLOB,
    result      INTEGER REFERENCES results (id) ON DELETE SET NULL,
    rows        INTEGER,
    rejected    INTEGER NOT NULL,
    reasons     TEXT NOT NULL,             -- JSON
    detail      TEXT NOT NULL,             -- JSON: row accounting, joins, checks, warnings
    error       TEXT,                      -- JSON
    PRIMARY KEY (run, task)
) STRICT;
CREATE INDEX task_results_by_task ON task_results (task, started);
CREATE INDEX task_results_by_result ON task_results (result);

CREATE TABLE attempts (
    run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    task     TEXT NOT NULL,
    attempt  INTEGER NOT NULL,
    started  INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    error    TEXT,                         -- JSON; NULL: it succeeded
    PRIMARY KEY (run, task, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE files_stat (
    path   TEXT PRIMARY KEY,
    len    INTEGER NOT NULL,
    mtime  INTEGER NOT NULL,               -- nanoseconds
    ctime  INTEGER NOT NULL,               -- nanoseconds
    inode  INTEGER NOT NULL,
    digest BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE fires (
    pipeline TEXT NOT NULL,
    instant  INTEGER NOT NULL,
    status   TEXT NOT NULL,
    at       INTEGER NOT NULL,             -- when it was committed
    run      TEXT,
    reason   TEXT,
    PRIMARY KEY (pipeline, instant)
) STRICT, WITHOUT ROWID;

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
) STRICT, WITHOUT ROWID;

CREATE TABLE edited (
    path   TEXT NOT NULL,                  -- the output that was edited by hand
    saved  TEXT NOT NULL,                  -- where its content went
    digest BLOB NOT NULL,
    run    TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT;
