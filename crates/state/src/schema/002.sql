-- The process that looks after a fire: the scheduler that claimed it, then its run.
ALTER TABLE fires ADD COLUMN pid INTEGER;
ALTER TABLE fires ADD COLUMN boot TEXT;
ALTER TABLE fires ADD COLUMN pid_started INTEGER;
CREATE INDEX fires_by_status ON fires (pipeline, status) WHERE status = 'due';

-- What schedulers know of a pipeline's schedule.
CREATE TABLE schedules (
    pipeline TEXT PRIMARY KEY,
    seen     INTEGER NOT NULL,             -- every fire up to here is written down
    rhythm   TEXT NOT NULL,                -- the fires of another one count from its adoption on
    paused   INTEGER                       -- since when
) STRICT, WITHOUT ROWID;
