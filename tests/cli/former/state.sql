-- The state of a project as a version before this one left it, dumped; of `load` and `sql`, whose versions have been raised since, with the fingerprints of now.
PRAGMA application_id = 1413762380;
PRAGMA user_version = 4;
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE attempts (
    run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    task     TEXT NOT NULL,
    attempt  INTEGER NOT NULL,
    started  INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    error    TEXT,                         -- JSON; NULL: it succeeded
    PRIMARY KEY (run, task, attempt)
) STRICT, WITHOUT ROWID;
INSERT INTO "attempts" VALUES('20261127-025829-bf66','some',1,1795748309877434,367160,NULL);
INSERT INTO "attempts" VALUES('20261127-025829-bf66','t',1,1795748309536324,329330,NULL);
CREATE TABLE edited (
    path   TEXT NOT NULL,                  -- the output that was edited by hand
    saved  TEXT NOT NULL,                  -- where its content went
    digest BLOB NOT NULL,
    run    TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT;
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
CREATE TABLE files_stat (
    path   TEXT PRIMARY KEY,
    len    INTEGER NOT NULL,
    mtime  INTEGER NOT NULL,               -- nanoseconds
    ctime  INTEGER NOT NULL,               -- nanoseconds
    inode  INTEGER NOT NULL,
    digest BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE fingerprints (
    digest BLOB PRIMARY KEY,
    parts  TEXT NOT NULL                   -- JSON
) STRICT, WITHOUT ROWID;
INSERT INTO "fingerprints" VALUES(X'2726E6672CC71C3E3D61750908B7193F6F6191719494D4D1EB4C478283B2629E','{"format":1,"parts":[{"part":"code","kind":"sql","version":3},{"part":"engine","name":"polars-2"},{"part":"key","key":"sql","value":"select s, i * 2 as twice from t where d > 1"},{"part":"output","path":"some.csv","options":{"delimiter":null,"bom":false,"null":null,"escape_formulas":null}},{"part":"upstream","task":"t","what":"table","place":null,"digest":"ddd702bea31269725e2a8f93db1cfc1aa300b68ef14f6e1a6b8fc75bb3b20420"}]}');
INSERT INTO "fingerprints" VALUES(X'E1D1E5EFAC900D2A8A19E3BA3A30E3D985FF97654C2A607209595E44EB4E51FF','{"format":1,"parts":[{"part":"code","kind":"load","version":4},{"part":"engine","name":"polars-2"},{"part":"key","key":"columns","value":{"i":"int","f":"float","d":"decimal(9,2)","s":"string","day":"date","at":"datetime","b":"bool"}},{"part":"key","key":"path","value":"t.csv"},{"part":"key","key":"strict","value":false},{"part":"file","path":"t.csv","role":"source","digest":"251404c1d244c727a8b4d09bb31fd7981a717b9182192562d1cdc1a4b1d4e7cf"}]}');
CREATE TABLE fires (
    pipeline TEXT NOT NULL,
    instant  INTEGER NOT NULL,
    status   TEXT NOT NULL,
    at       INTEGER NOT NULL,             -- when it was committed
    run      TEXT,
    reason   TEXT, pid INTEGER, boot TEXT, pid_started INTEGER,
    PRIMARY KEY (pipeline, instant)
) STRICT, WITHOUT ROWID;
CREATE TABLE profiles (
    id         INTEGER PRIMARY KEY,
    pipeline   TEXT NOT NULL,
    task       TEXT NOT NULL,
    definition BLOB NOT NULL,              -- digest of the keys by which the table was made
    content    BLOB NOT NULL,              -- digest of the table
    run        TEXT NOT NULL,              -- that made it; it may be forgotten
    at         INTEGER NOT NULL,
    profile    TEXT NOT NULL               -- JSON
) STRICT;
INSERT INTO "profiles" VALUES(1,'former','t',X'9F57201162C5C183BC9FF190DFAAFD3B0BEE168AC917F09A9D95DC2E53865423',X'DDD702BEA31269725E2A8F93DB1CFC1AA300B68EF14F6E1A6B8FC75BB3B20420','20261127-025829-bf66',1795748309864975,'{"rows":3,"columns":[{"name":"i","data_type":"int","nulls":1},{"name":"f","data_type":"float","nulls":1},{"name":"d","data_type":{"decimal":{"precision":9,"scale":2}},"nulls":1},{"name":"s","data_type":"string","nulls":1},{"name":"day","data_type":"date","nulls":1},{"name":"at","data_type":"datetime","nulls":1},{"name":"b","data_type":"bool","nulls":1}]}');
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
INSERT INTO "results" VALUES(1,'former','t',X'E1D1E5EFAC900D2A8A19E3BA3A30E3D985FF97654C2A607209595E44EB4E51FF','20261127-025829-bf66',1795748309513457,1795748309513457,1,X'DDD702BEA31269725E2A8F93DB1CFC1AA300B68EF14F6E1A6B8FC75BB3B20420',600,1,3,'[{"name":"i","data_type":"int"},{"name":"f","data_type":"float"},{"name":"d","data_type":{"decimal":{"precision":9,"scale":2}}},{"name":"s","data_type":"string"},{"name":"day","data_type":"date"},{"name":"at","data_type":"datetime"},{"name":"b","data_type":"bool"}]',NULL,'{"status":"success","rows":3,"rejected":0,"rejects":[],"rows_in":[{"from":"t.csv","rows":3}],"dropped":[],"joins":[],"warnings":[],"duration":0.354537736,"output":null,"outputs":[],"error":null,"log":[]}');
INSERT INTO "results" VALUES(2,'former','some',X'2726E6672CC71C3E3D61750908B7193F6F6191719494D4D1EB4C478283B2629E','20261127-025829-bf66',1795748309869726,1795748309869726,1,X'B66688F2706ECBCE046564421C1DB0702224CEEB1838A615941F56864520F178',269,1,2,'[{"name":"s","data_type":"string"},{"name":"twice","data_type":"int"}]','[{"path":"some.csv","object":{"digest":"6a8074b34d9752a6be9b4b076a47e678b832a38206cc39db86832572360bcdd4","size":67}}]','{"status":"success","rows":2,"rejected":0,"rejects":[],"rows_in":[{"from":"t","rows":3}],"dropped":[],"joins":[],"warnings":[],"duration":0.375280392,"output":"some.csv","outputs":["some.csv"],"error":null,"log":[]}');
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
INSERT INTO "runs" VALUES('20261127-025829-bf66','former','success','manual',1795748309445882,1795748310249308,'2026-11-27T02:58:29+00:00','{}','[]',1,'00000000-0000-0000-0000-000000000000',1,'{"ran":2,"cached":0,"restored":0,"failed":0,"skipped":0,"cancelled":0}');
CREATE TABLE schedules (
    pipeline TEXT PRIMARY KEY,
    seen     INTEGER NOT NULL,             -- every fire up to here is written down
    rhythm   TEXT NOT NULL,                -- the fires of another one count from its adoption on
    paused   INTEGER                       -- since when
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
INSERT INTO "task_results" VALUES('20261127-025829-bf66','t','load','success','ran',1795748309513457,354537,1,X'E1D1E5EFAC900D2A8A19E3BA3A30E3D985FF97654C2A607209595E44EB4E51FF',1,3,0,'["first run"]','{"rows_in":[{"from":"t.csv","rows":3}],"rejected":[],"dropped":[],"joins":[],"checks":[],"warnings":[],"note":null}',NULL);
INSERT INTO "task_results" VALUES('20261127-025829-bf66','some','sql','success','ran',1795748309869726,375280,1,X'2726E6672CC71C3E3D61750908B7193F6F6191719494D4D1EB4C478283B2629E',2,2,0,'["first run"]','{"rows_in":[{"from":"t","rows":3}],"rejected":[],"dropped":[],"joins":[],"checks":[],"warnings":[],"note":null}',NULL);
CREATE INDEX runs_by_time ON runs (pipeline, started);
CREATE UNIQUE INDEX results_by_fingerprint ON results (pipeline, fingerprint, task);
CREATE UNIQUE INDEX results_latest ON results (pipeline, task) WHERE latest;
CREATE INDEX task_results_by_task ON task_results (task, started);
CREATE INDEX task_results_by_result ON task_results (result);
CREATE INDEX fires_by_status ON fires (pipeline, status) WHERE status = 'due';
CREATE INDEX profiles_by_task ON profiles (pipeline, task, definition, id);
CREATE INDEX task_results_ran ON task_results (task, started, run, duration) WHERE status = 'success' AND how = 'ran';
COMMIT;
