-- The files that pipelines have published, each with who did so last: what no task makes any more is found by it.
CREATE TABLE published (
    path        TEXT PRIMARY KEY,          -- as results have it
    pipeline    TEXT NOT NULL,
    task        TEXT NOT NULL,
    digest      TEXT NOT NULL,             -- hexadecimal
    path_values TEXT                       -- JSON: the values that the path was made of; NULL: none
) STRICT;
