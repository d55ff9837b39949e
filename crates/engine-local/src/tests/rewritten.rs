//! Queries that say the same in two ways have the same rows.

use proptest::prelude::*;

use super::functions::try_bound;
use super::*;

type Cells = Vec<(Option<i64>, Option<i64>)>;

/// Keys and values of few kinds, so that many are equal.
fn cells() -> impl Strategy<Value = Cells> {
    let cell = || prop::option::weighted(0.85, 0..4_i64);
    prop::collection::vec((cell(), cell()), 1..8)
}

fn values(name: &str, cells: &Cells) -> String {
    let shown = |cell: Option<i64>| cell.map_or("null::int".to_owned(), |cell| cell.to_string());
    let rows = cells.iter().enumerate().map(|(at, (k, t))| format!("({}, {}, {at})", shown(*k), shown(*t)));
    format!("{name} (k, t, n) as (values {})", rows.collect::<Vec<_>>().join(", "))
}

fn rows_of(tables: &str, query: &str) -> Vec<String> {
    let query = format!("with {tables} {query}");
    let rel = try_bound(&query).unwrap_or_else(|errors| panic!("{query}: {errors:?}"));
    result(rel, &[])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_nearest_row_is_the_first_of_those_that_count(l in cells(), r in cells(), at in 0..4_usize, keeps: bool) {
        let tables = format!("{}, {}", values("l", &l), values("r", &r));
        let (op, order) = [(">=", "r.t desc, r.n desc"), (">", "r.t desc, r.n desc"), ("<=", "r.t, r.n"), ("<", "r.t, r.n")][at];
        let left = if keeps { "left " } else { "" };
        let nearest = rows_of(
            &tables,
            &format!("select l.n, r.n as m from l asof {left}join r on l.k = r.k and l.t {op} r.t order by l.n"),
        );
        let first = rows_of(
            &tables,
            &format!(
                "select l.n, x.n as m from l {left}join lateral \
                 (select r.n from r where l.k = r.k and l.t {op} r.t order by {order} limit 1) as x on true order by l.n"
            ),
        );
        prop_assert_eq!(nearest, first);
    }

    #[test]
    fn a_subquery_in_a_join_is_a_column_of_before(l in cells(), r in cells(), kind in 0..4_usize) {
        let tables = format!("{}, {}", values("l", &l), values("r", &r));
        let kind = ["", "left", "right", "full"][kind];
        let within = rows_of(
            &tables,
            &format!(
                "select l.n, r.n as m from l {kind} join r on l.k = r.k \
                 and r.t in (select max(x.t) from r x where x.k = l.t) order by l.n, r.n"
            ),
        );
        let before = rows_of(
            &tables,
            &format!(
                "select l.n, r.n as m from (select l.*, (select max(x.t) from r x where x.k = l.t) as top from l) l \
                 {kind} join r on l.k = r.k and r.t = l.top order by l.n, r.n"
            ),
        );
        prop_assert_eq!(within, before);
    }

    #[test]
    fn a_pivot_groups_by_conditions(l in cells()) {
        let tables = values("l", &l);
        let pivoted = rows_of(&tables, "pivot l on t in (0, 1, 2) using sum(n) as s, count(*) as c group by k order by k");
        let grouped = (0..3).map(|t| format!("sum(n) filter (where t = {t}), count(*) filter (where t = {t})"));
        let columns = grouped.enumerate().map(|(at, pair)| {
            pair.split(", ").enumerate().map(|(n, call)| format!("{call} as c{at}{n}")).collect::<Vec<_>>().join(", ")
        });
        let columns = columns.collect::<Vec<_>>().join(", ");
        prop_assert_eq!(pivoted, rows_of(&tables, &format!("select k, {columns} from l group by k order by k")));
    }
}
