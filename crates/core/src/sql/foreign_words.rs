//! Words of other systems' grammars, and what to write instead. Functions have [a list of their own](super::functions).

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::functions::elsewhere;

const NO_HINTS: &str = "leave it out: how a query is computed is not said in it";
const RECURSIVE: &str = "rows that lead to others are found by `with recursive`";
const LISTS: &str = "lists and objects are JSON text here: an element is `json -> 0`, a member `json ->> 'name'`";
const SAMPLE: &str = "for a part of the rows, the same every time, there are tasks of the type `sample`";

/// Words that no column is likely to be called, and what to do. They are in lower case.
static WORDS: &[(&[&str], &str)] = &[
    // Tables and their rows.
    (&["tablesample", "sample"], SAMPLE),
    (&["nolock", "holdlock", "straight_join"], NO_HINTS),
    (&["materialized"], "leave it out: `with x as (…)`"),
    (&["lateral", "explode"], "rows of a JSON list are `from t, json_array_elements_text(t.tags) as x (tag)`"),
    (&["system_time", "asof", "version"], "a task reads what is there now; `tidemill diff` compares two runs"),
    (&["connect", "prior", "nocycle", "level"], RECURSIVE),
    (&["match_recognize"], "rows are compared with those beside them by window functions, such as `lag(x) over (…)`"),
    (&["ordinality"], "number the rows by `row_number() over (order by …)`"),
    // Clauses.
    (&["rollup", "totals"], "here it is `group by rollup (…)`"),
    (&["cube"], "here it is `group by cube (…)`"),
    (&["ties"], "here it is `qualify rank() over (order by …) <= 5`"),
    (&["percent"], "here it is `qualify percent_rank() over (order by …) <= 0.1`"),
    (&["separator"], "here it is `string_agg(x, ', ' order by y)`"),
    (&["keep"], "here it is `max_by(x, y)`, or `min_by(x, y)`: the `x` of the row with the largest or smallest `y`"),
    (&["collate"], "texts are compared byte by byte; `lower(x)` takes small and capital letters as equal"),
    (&["outfile"], "the task's `output` says where the table goes"),
    (&["index"], NO_HINTS),
    // Operators.
    (&["similar"], "use `like`, or `regexp_like(text, '^(…)$')`"),
    (&["regexp", "rlike"], "use `regexp_like(text, pattern)`"),
    (&["glob"], "use `like`, with `%` for any text and `_` for one character"),
    (&["placing"], "here it is `left(x, n) || y || substr(x, m)`"),
    (&["div"], "here it is `trunc(x / y)`"),
    (&["mod"], "here it is `x % y`, or `mod(x, y)`"),
    (&["symmetric"], "here it is `x between least(a, b) and greatest(a, b)`"),
    (&["overlaps"], "here it is `start_a < end_b and start_b < end_a`"),
    (&["isnull"], "here it is `x is null`"),
    (&["notnull"], "here it is `x is not null`"),
    (&["array", "["], LISTS),
    (&["{"], LISTS),
    (&["#"], "a comment begins with `--`"),
    (&["^", "**"], "here it is `power(x, y)`"),
    (&["|/"], "here it is `sqrt(x)`"),
    (&["<=>"], "here it is `x is not distinct from y`"),
    (&["~", "~*", "!~", "!~*"], "use `regexp_like(text, pattern)`, `lower(text)` to ignore case"),
];

/// Names that stand for themselves where a column might.
static NAMES: &[(&[&str], &str)] = &[
    (&["rownum", "rowid", "_rowid_"], "use `limit`, or `row_number() over (order by …)`"),
    (&["systimestamp", "sysdate"], "here it is `now()`: the run's logical time, in UTC"),
    (&["session_user", "current_user", "system_user"], "results do not depend on who computes them"),
    (&["straight_join", "distinctrow", "sql_calc_found_rows", "sql_no_cache"], NO_HINTS),
];

/// What to write instead of a name, in lower case, which stands for a value or nothing in other systems.
pub(super) fn instead_of_name(name: &str) -> Option<&'static str> {
    found(NAMES, name)
}

fn found(all: &'static [(&[&str], &str)], word: &str) -> Option<&'static str> {
    all.iter().find(|(words, _)| words.contains(&word)).map(|(_, instead)| *instead)
}

/// Tokens around a mistake among which another system's word may be what it is about.
const REACH: usize = 3;

/// What to write instead of the word of another system that is nearest to a token, if any is near.
pub(super) fn instead_of_nearby(tokens: &[TokenWithSpan], at: usize) -> Option<&'static str> {
    (0..=REACH).find_map(|distance| {
        [at.checked_sub(distance), Some(at + distance)].into_iter().flatten().find_map(|place| {
            let word = tokens.get(place)?.token.to_string().to_lowercase();
            let beside = |place: Option<usize>| place.and_then(|place| tokens.get(place)).map(|token| &token.token);
            match (beside(place.checked_sub(1)), word.as_str(), beside(Some(place + 1))) {
                (Some(Token::Mul), "except", _) => return Some("here it is `* exclude (…)`"),
                (Some(Token::LParen), "+", Some(Token::RParen)) => {
                    return Some("here it is `from a left join b on …`");
                }
                _ => {}
            }
            // The name of a function may be that of a column.
            let is_call = tokens.get(place + 1).is_some_and(|next| next.token == Token::LParen);
            found(WORDS, &word).or_else(|| elsewhere(&word).filter(|_| is_call))
        })
    })
}
