#!/usr/bin/env bash
# Asks PostgreSQL for the answers in postgres.tsv anew: PGHOST=… PGUSER=… PGDATABASE=… ./postgres.sh
#
# A line is an expression, PostgreSQL's answer as text, and where ours differs: our answer, and the reason. Lines that begin
# with `--` are comments. The answers that are there were given by PostgreSQL 15.
set -euo pipefail
cd "$(dirname "$0")"
new=$(mktemp)
while IFS= read -r line; do
    if [[ $line == --* ]]; then
        printf '%s\n' "$line"
        continue
    fi
    expression=$(cut -f1 <<<"$line")
    ours=$(cut -sf3- <<<"$line")
    answer=$(psql -XAtqc "set timezone = 'UTC'; select coalesce(($expression)::text, 'NULL')" 2>/dev/null || echo error)
    # Moments with a zone stand for those in UTC.
    answer=$(sed -E 's/^([0-9-]{10} [0-9:.]+)\+00$/\1/' <<<"$answer")
    printf '%s\t%s%s\n' "$expression" "$answer" "${ours:+$'\t'$ours}"
done <postgres.tsv >"$new"
mv "$new" postgres.tsv
