//! Functions that other systems have and Tidemill does not, and what to write instead.

/// Names, and what to do.
static ELSEWHERE: &[(&[&str], &str)] = &[
    // Conditions.
    (&["if", "iif", "iff"], "here it is `case when … then … else … end`"),
    (&["decode"], "here it is `case x when 1 then 'one' else 'other' end`"),
    (&["nvl", "isnull"], "here it is called `coalesce(x, y)`; the question is `x is null`"),
    (&["nvl2"], "here it is `case when x is not null then y else z end`"),
    (&["zeroifnull"], "here it is `coalesce(x, 0)`"),
    (&["nullifzero"], "here it is `nullif(x, 0)`"),
    (
        &["convert", "try_convert", "to_number", "try_to_number", "to_decimal", "to_varchar"],
        "here it is `cast(x as type)`; what does not fit is NULL with `try_cast`",
    ),
    // Chance and the clock.
    (
        &["random", "rand", "setseed", "uuid", "gen_random_uuid", "newid"],
        "results are the same every time, so nothing is random; for a sample order by `md5(id || 'seed')`, for a key use \
         `row_number() over (order by …)`",
    ),
    (
        &["current_timestamp", "localtimestamp", "getdate", "getutcdate", "sysdate", "sysdatetime", "clock_timestamp"],
        "here it is called `now()`: the run's logical time, in UTC",
    ),
    (&["current_date", "today", "curdate"], "a result must not depend on when it is computed: use `${{ run.date }}`"),
    (&["current_time", "localtime"], "a result must not depend on when it is computed: use `cast(now() as time)`"),
    // Texts.
    (&["len", "char_len", "character_length", "lengthb"], "here it is called `length`"),
    (&["ucase"], "here it is called `upper`"),
    (&["lcase"], "here it is called `lower`"),
    (&["instr", "position", "locate"], "here it is called `strpos(text, what)`, or `position(what in text)`"),
    (&["charindex", "patindex"], "here it is called `strpos(text, what)`: the text comes first"),
    (
        &["substring_index"],
        "here it is called `split_part(text, separator, place)`; several parts are `regexp_extract`",
    ),
    (&["startswith", "prefix"], "here it is called `starts_with`"),
    (&["endswith", "suffix"], "here it is called `ends_with`"),
    (&["replicate"], "here it is called `repeat`"),
    (&["space"], "here it is `repeat(' ', n)`"),
    (&["overlay", "stuff", "insert"], "here it is `left(x, n) || y || substr(x, m)`"),
    (&["hash", "sha1", "sha2"], "here are `md5` and `sha256`"),
    (&["proper"], "here it is called `initcap`"),
    (&["format", "printf"], "texts are joined by `||`; dates are written by `strftime`, numbers by `round` and `cast`"),
    (
        &["split", "string_split", "string_to_array"],
        "here is no list; one part is `split_part(text, separator, place)`",
    ),
    (&["regexp_matches", "regexp_match", "rlike", "regexp_contains"], "here it is called `regexp_like(text, pattern)`"),
    (&["regexp_substr"], "here it is called `regexp_extract(text, pattern)`, `''` where there is no match"),
    (&["regexp_split_to_array"], "here is no list; one part is `regexp_split_part(text, pattern, place)`"),
    (
        &["json_value", "json_extract_scalar", "json_extract_path_text", "get_json_object", "json_extract_text"],
        "here it is called `json_extract_string(json, '$.a.b')`, or `json ->> '$.a.b'`",
    ),
    (&["json_query", "json_extract_path"], "here it is called `json_extract(json, '$.a.b')`, or `json -> '$.a.b'`"),
    // Dates.
    (&["date_format"], "here it is called `strftime(date, '%Y-%m-%d')`"),
    (
        &["str_to_date", "parse_date", "parse_datetime", "parse_timestamp"],
        "here it is called `strptime(text, '%Y-%m-%d')`",
    ),
    (&["date", "to_datetime", "timestamp", "datetime"], "here it is `cast(x as date)`, or `cast(x as timestamp)`"),
    (
        &["datediff", "timestampdiff"],
        "here it is called `date_diff('day', start, end)`; `date - date` is a number of days",
    ),
    (&["months_between"], "here it is called `date_diff('month', start, end)`, or `age(end, start)`"),
    (
        &["dateadd", "adddate", "timestampadd", "date_sub", "subdate", "add_months"],
        "here it is `date + interval '3' day`, or `date - interval '1' month * n`",
    ),
    (&["datepart", "datename", "monthname"], "here it is `extract(month from date)`, or `strftime(date, '%B')`"),
    (
        &["octet_length", "bit_length", "lengthb", "datalength"],
        "bytes are not counted here; characters are by `length`",
    ),
    (
        &["ascii", "unicode", "ord", "chr", "char"],
        "letters and their numbers are not converted here; texts are compared and sorted as they are",
    ),
    (&["to_hex", "hex", "encode", "base64"], "here are `md5` and `sha256`; a number is written by `to_char(x, '999')`"),
    (&["quote_literal", "quote_ident"], "a pipeline puts values into SQL as constants by itself: `${{ params.x }}`"),
    (
        &["levenshtein", "similarity", "soundex", "jaccard"],
        "texts are compared as they are; `lower`, `trim` and `regexp_replace` make them alike",
    ),
    (
        &[
            "unnest",
            "explode",
            "flatten",
            "json_each",
            "json_table",
            "openjson",
            "jsonb_array_elements",
            "json_array_elements",
            "json_array_elements_text",
        ],
        "rows of a JSON list are `from t, json_array_elements_text(t.tags) as x (tag)`",
    ),
    (&["columns"], "name the columns, or use `select * exclude (…)`"),
    (&["dayname"], "here it is `strftime(date, '%A')`"),
    (&["weekday"], "here it is called `isodow(date)`, from 1 for Monday, or `dow(date)`, from 0 for Sunday"),
    (&["eomonth"], "here it is called `last_day`"),
    (&["datefromparts", "date_from_parts", "makedate"], "here it is called `make_date(year, month, day)`"),
    (&["datetrunc"], "here it is called `date_trunc('month', date)`"),
    (&["epoch_ms"], "here it is `to_timestamp(x / 1000)`, and `epoch(t) * 1000` for the way back"),
    (&["unix_timestamp", "to_unixtime", "to_unix_timestamp"], "here it is called `epoch(t)`"),
    (
        &["convert_timezone", "timezone", "from_utc_timestamp", "to_utc_timestamp", "convert_tz"],
        "use `x at time zone 'Europe/Berlin'`, or `x at time zone 'Europe/Berlin' at time zone 'UTC'` for the way back",
    ),
    (
        &["make_timestamp", "datetime_from_parts"],
        "here it is `make_date(y, m, d) + interval '1' hour * h + interval '1' second * s`",
    ),
    (&["make_time", "time_from_parts"], "here it is `cast(lpad(h::string, 2, '0') || ':00:00' as time)`"),
    (
        &["date_bin", "time_bucket"],
        "here it is `date_trunc('hour', t)`; of other lengths `to_timestamp(floor(epoch(t) / 900) * 900)`",
    ),
    (&["make_interval"], "use `interval '1' hour * x`"),
    // Numbers.
    (&["log2"], "here it is `log(2, x)`"),
    (&["cbrt"], "here it is `power(x, 1 / 3)`"),
    (&["sgn"], "here it is called `sign`"),
    (&["div"], "here it is `trunc(x / y)`"),
    (&["bitand"], "here it is `a & b`"),
    (&["bitor"], "here it is `a | b`"),
    (&["bitxor"], "here it is `a # b`"),
    (&["bitnot"], "here it is `~a`"),
    // Aggregates.
    (&["mean", "average"], "here it is called `avg`"),
    (&["group_concat", "listagg"], "here it is called `string_agg(x, ',' order by y)`"),
    (&["approx_distinct"], "here it is called `approx_count_distinct`"),
    (&["regr_count"], "here it is `count(*) filter (where x is not null and y is not null)`"),
    (&["regr_avgx"], "here it is `avg(x) filter (where y is not null)`"),
    (&["regr_avgy"], "here it is `avg(y) filter (where x is not null)`"),
    (
        &["bit_and", "bit_or", "bit_xor"],
        "bits of several rows are not put together here; `bool_and` and `bool_or` are of conditions",
    ),
    (&["product"], "here it is `exp(sum(ln(x)))` of numbers above zero"),
    (&["geomean", "geometric_mean"], "here it is `exp(avg(ln(x)))`"),
    (&["histogram"], "group by `width_bucket(x, low, high, count)`"),
    (&["approx_quantile", "percentile"], "here it is called `quantile_cont(x, 0.5)`"),
    (
        &["list", "collect_list", "json_group_array", "jsonb_agg"],
        "here it is called `array_agg(x order by y)`: it is JSON text",
    ),
    (&["stdev", "std"], "here it is called `stddev`"),
    (&["stdevp"], "here it is called `stddev_pop`"),
    (&["var"], "here it is called `variance`"),
    (&["varp"], "here it is called `var_pop`"),
];

/// What to write instead of a function of that name, in lower case, which other systems have.
pub fn elsewhere(name: &str) -> Option<&'static str> {
    ELSEWHERE.iter().find(|(names, _)| names.contains(&name)).map(|(_, instead)| *instead)
}
