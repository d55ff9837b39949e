-- What tables from outside looked like, for noticing when a later one is another.
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
CREATE INDEX profiles_by_task ON profiles (pipeline, task, definition, id);
