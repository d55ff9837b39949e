-- How long tasks took, without all the results that were only looked up: they are many times more in a history of runs that had
-- little to do.
CREATE INDEX task_results_ran ON task_results (task, started, run, duration) WHERE status = 'success' AND how = 'ran';
