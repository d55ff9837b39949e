//! Functions that other systems have and Tidemill does not, and what to write instead.

/// Names, and what to do.
static ELSEWHERE: &[(&[&str], &str)] = &[
    (&["concat", "concat_ws"], "texts are joined by `||`"),
    (
        &["now", "current_date", "current_timestamp", "today", "getdate"],
        "a result must not depend on when it is computed: use `${{ run.date }}` or `${{ run.logical_time }}`",
    ),
    (&["random", "rand", "uuid"], "results are the same every time, so nothing is random"),
    (&["position", "strpos", "instr", "charindex"], "use `like`, `regexp_like` or `substr`"),
    (&["if", "iif", "decode"], "use `case when … then … else … end`"),
    (&["nvl", "isnull"], "use `coalesce(x, y)`, or `x is null`"),
    (&["to_char", "date_format", "format"], "use `strftime(date, '%Y-%m-%d')`"),
    (
        &["to_date", "date", "str_to_date", "strptime"],
        "use `cast(x as date)`, or give the column a `format` in a `normalize` task",
    ),
    (&["datediff", "date_diff"], "`date - date` is a number of days"),
    (&["date_add", "dateadd", "adddate"], "use `date + interval '3' day`"),
    (
        &["epoch_ms", "to_datetime"],
        "use `to_timestamp(x)` for seconds since 1970, `to_timestamp(x / 1000)` for milliseconds",
    ),
    (
        &["convert_timezone", "timezone", "from_utc_timestamp", "to_utc_timestamp"],
        "use `x at time zone 'Europe/Berlin'`, or `x at time zone 'Europe/Berlin' at time zone 'UTC'` for the way back",
    ),
    (&["unix_timestamp", "to_unixtime"], "use `extract(epoch from date)`"),
    (&["make_interval"], "use `interval '1' hour * x`"),
    (&["mean", "average"], "use `avg`"),
    (&["len"], "use `length`"),
    (&["log", "log10"], "use `ln(x)`, and `ln(x) / ln(10)` for the logarithm to base 10"),
    (&["regexp_matches", "regexp_match", "rlike"], "use `regexp_like(text, pattern)`"),
    (&["group_concat", "listagg", "array_agg"], "use `string_agg(x, ',')`"),
];

/// What to write instead of a function of that name, in lower case, which other systems have.
pub fn elsewhere(name: &str) -> Option<&'static str> {
    ELSEWHERE.iter().find(|(names, _)| names.contains(&name)).map(|(_, instead)| *instead)
}
