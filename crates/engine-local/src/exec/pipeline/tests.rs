//! However a table is cut into pieces, the result is that of all rows at once: the same bytes, the same report, the same
//! message.

use tidemill_core::attempt::CancelToken;

use polars::prelude::{DataFrame, NamedFrom, Series};
use proptest::prelude::*;
use tidemill_core::table::*;

use super::join_reorder::reordered;
use crate::engine::LocalEngine;
use crate::ops::context::JobContext;
use crate::runtime::memory_budget::MemoryBudget;
use crate::store::table_handle::{TableHandle, in_memory};
use crate::tests::{OneFile, agg, arith, col, compare, input, int};
use DataType::{Bool, Float, Int, String as Text};

/// All rows at once, all tables in memory.
fn whole() -> MemoryBudget {
    MemoryBudget { batch_rows: usize::MAX / 8, max_cells: usize::MAX, ..MemoryBudget::default() }
}

type Row = (Option<i64>, Option<&'static str>, Option<f64>);

fn row() -> impl Strategy<Value = Row> {
    (
        prop::option::weighted(0.9, prop_oneof![0..6i64, Just(i64::MAX)]),
        prop::option::weighted(
            0.9,
            prop_oneof![Just("a"), Just("b"), Just("a text of more than twelve bytes"), Just("")],
        ),
        prop::option::weighted(
            0.9,
            prop_oneof![Just(0.1), Just(-0.0), Just(0.0), Just(f64::NAN), Just(1e18), Just(-1e18)],
        ),
    )
}

fn frame(names: [&str; 3], rows: &[Row]) -> DataFrame {
    DataFrame::new_infer_height(vec![
        Series::new(names[0].into(), rows.iter().map(|row| row.0).collect::<Vec<_>>()).into(),
        Series::new(names[1].into(), rows.iter().map(|row| row.1).collect::<Vec<_>>()).into(),
        Series::new(names[2].into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()).into(),
    ])
    .unwrap()
}

/// The digest of the result and what is said of it, or the message.
fn outcome(job: &TableJob, tables: &[(&str, &DataFrame)], budget: MemoryBudget) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let budget = MemoryBudget { spill_store: Some(folder.path().to_owned()), ..budget };
    let most = budget.max_cells;
    let engine = LocalEngine::with_files(folder.path(), Box::new(OneFile(DataFrame::empty()))).at(budget);
    let inputs: Vec<(String, TableRef)> = tables
        .iter()
        .map(|(name, frame)| {
            let table = in_memory((*frame).clone()).unwrap();
            engine.save(&table, &Location::new(*name)).unwrap();
            let is_stored = matches!(TableHandle::of(&table).unwrap(), TableHandle::OnDisk(_));
            assert_eq!(is_stored, frame.height() * frame.width() > most);
            ((*name).to_owned(), table)
        })
        .collect();
    let cancelled = CancelToken::new();
    let report = engine.run(job, &JobOptions { inputs: &inputs, origin: &|_| None, cancelled: &cancelled });
    let mut report = report.map_err(|error| error.to_string())?;
    let table = report.table.take().unwrap();
    // What is too large for memory has gone through pieces into a file, and did not come by another way.
    let flows = !matches!(job.rel, Rel::Aggregate { .. } | Rel::SetOp { .. });
    if most == 0 && flows {
        assert_eq!(matches!(TableHandle::of(&table).unwrap(), TableHandle::OnDisk(_)), table.rows > 0);
    }
    let digest = engine.save(&table, &Location::new("result")).unwrap();
    let bytes = std::fs::read(folder.path().join("result")).unwrap();
    assert_eq!(digest, tidemill_core::ids::Digest::of(&bytes));
    assert_eq!(table.schema, job.schema());
    // The same rows come back from the file.
    let again = engine.open(&Location::new("result")).unwrap();
    let (a, b) = (engine.fetch(&table, None, None).unwrap(), engine.fetch(&again, None, None).unwrap());
    assert_eq!(format!("{a:?}"), format!("{b:?}"));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
    Ok(format!("{digest} {report:?}"))
}

fn chain(kind: JoinKind, fill: Fill, account: bool, divide: bool) -> impl Fn(Rel, Rel) -> Rel {
    move |left, right| {
        let filtered = Rel::Filter {
            input: Box::new(left),
            predicate: compare(CmpOp::Ge, col("k", Int), int(1)),
            account: account.then(|| "where".to_owned()),
        };
        joined(kind, fill.clone(), divide, filtered, right)
    }
}

fn joined(kind: JoinKind, fill: Fill, divide: bool, left: Rel, right: Rel) -> Rel {
    let joined = Rel::Join(Box::new(JoinStep {
        left,
        right,
        kind,
        on: vec![(col("k", Int), col("k2", Int))],
        condition: None,
        expect: None,
        diagnose: Some(("l".to_owned(), "r".to_owned())),
    }));
    let both = matches!(kind, JoinKind::Inner | JoinKind::Left);
    let name = if both { "f2" } else { "f" };
    let filled = Rel::Fill { input: Box::new(joined), columns: vec![(name.to_owned(), fill)] };
    let mut columns: Vec<(String, Expr)> =
        filled.schema().fields().iter().map(|field| (field.name.clone(), col(&field.name, field.data_type))).collect();
    columns.push(("g".to_owned(), arith(ArithOp::Add, col(name, Float), col("f", Float), Float)));
    if divide {
        columns.push((
            "q".to_owned(),
            arith(ArithOp::Div, col("k", Int), arith(ArithOp::Sub, col("k", Int), int(2), Int), Float),
        ));
    }
    // Overflows for the largest of ints.
    columns.push(("n".to_owned(), arith(ArithOp::Add, col("k", Int), int(1), Int)));
    Rel::Project { input: Box::new(filled), columns }
}

fn statements() -> Vec<Check> {
    let check = |name: &str, severity, kind| Check { name: name.to_owned(), severity, kind };
    let small = compare(CmpOp::Lt, col("k", Int), int(4));
    vec![
        check("not null", CheckSeverity::Warn, CheckKind::NotNull("s".into())),
        check("unique", CheckSeverity::Warn, CheckKind::Unique(vec!["k".into(), "s".into()])),
        check(
            "small",
            CheckSeverity::Warn,
            CheckKind::RowsSatisfy { predicate: small, columns: vec!["k".into(), "f".into()] },
        ),
        check("rows", CheckSeverity::Warn, CheckKind::RowCount { min: Some(3), max: Some(30) }),
        check(
            "related",
            CheckSeverity::Warn,
            CheckKind::Relationship { column: "k".into(), task: "r".into(), other: "k2".into() },
        ),
    ]
}

fn totals(input: Rel, by_text: bool) -> Rel {
    let small = compare(CmpOp::Lt, col("k", Int), int(3));
    let filtered = AggCall { filter: Some(small), ..agg(AggFunc::new("sum"), vec![col("f", Float)], Float) };
    let f = || vec![col("f", Float)];
    let mut keys = vec![("k".to_owned(), col("k", Int))];
    if by_text {
        keys = vec![("s".to_owned(), col("s", Text)), ("f0".to_owned(), col("f", Float))];
    }
    Rel::Aggregate {
        input: Box::new(input),
        keys,
        metrics: vec![
            ("rows".to_owned(), agg(AggFunc::new("count"), vec![], Int)),
            ("count".to_owned(), agg(AggFunc::new("count"), f(), Int)),
            ("sum".to_owned(), agg(AggFunc::new("sum"), f(), Float)),
            ("mean".to_owned(), agg(AggFunc::new("avg"), f(), Float)),
            ("some".to_owned(), filtered),
            ("ints".to_owned(), agg(AggFunc::new("avg"), vec![col("k", Int)], Float)),
            ("least".to_owned(), agg(AggFunc::new("min"), f(), Float)),
            ("last".to_owned(), agg(AggFunc::new("max"), vec![col("s", Text)], Text)),
            ("any".to_owned(), agg(AggFunc::new("bool_or"), vec![compare(CmpOp::Gt, col("k", Int), int(2))], Bool)),
        ],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    /// Rows that a join repeated, joined again.
    #[test]
    fn repeated_rows_change_nothing(
        left in prop::collection::vec((row(), 1..9usize, 0..3i64), 0..40),
        right in prop::collection::vec(row(), 0..8),
        kind in prop_oneof![Just(JoinKind::Inner), Just(JoinKind::Left)],
        fill in prop_oneof![Just(Fill::Mean), Just(Fill::Zero)],
        slice in 1..5usize,
        max_cells in 0..300usize,
        divide: bool,
        aggregated: bool,
    ) {
        let left: Vec<Row> = left.iter().flat_map(|(row, times, _)| std::iter::repeat_n(*row, *times)).collect();
        let mut l = frame(["k", "s", "f"], &left);
        l.with_column(Series::new("z".into(), (0..left.len() as i64).map(|at| at * 7 % 5).collect::<Vec<_>>()).into()).unwrap();
        let mut known = std::collections::HashSet::new();
        let right: Vec<Row> = right.into_iter().filter(|row| known.insert(row.0)).collect();
        let r = frame(["k2", "s2", "f2"], &right);
        let tables = [("l", &l), ("r", &r)];
        let rel = joined(kind, fill, divide, input("l", &l), input("r", &r));
        let rel = if aggregated { totals(rel, divide) } else { rel };
        let job = TableJob { rel, checks: if aggregated { vec![] } else { statements() } };
        let expected = outcome(&job, &tables, whole());
        let flowing = MemoryBudget { batch_rows: slice, max_cells, ..MemoryBudget::default() };
        let in_files = MemoryBudget { max_cells: 0, ..flowing.clone() };
        prop_assert_eq!(&outcome(&job, &tables, flowing), &expected);
        prop_assert_eq!(&outcome(&job, &tables, in_files), &expected);
    }

    /// Columns are matched by place, in whatever order batches bring them.
    #[test]
    fn set_operations_of_repeated_rows_match_columns_by_place(
        rows in prop::collection::vec((0..3i64, 1..9usize), 0..40),
        kind in prop_oneof![Just(SetOpKind::Union), Just(SetOpKind::Intersect), Just(SetOpKind::Except)],
        all: bool,
        slice in 1..5usize,
    ) {
        let keys: Vec<i64> = rows.iter().flat_map(|(key, times)| std::iter::repeat_n(*key, *times)).collect();
        let places: Vec<i64> = (0..keys.len() as i64).map(|at| at * 7 % 5).collect();
        let pair = |names: [&str; 2], first: &[i64], second: &[i64]| {
            let column = |name: &str, values: &[i64]| Series::new(name.into(), values).into();
            DataFrame::new_infer_height(vec![column(names[0], first), column(names[1], second)]).unwrap()
        };
        let (l, r) = (pair(["a", "b"], &keys, &places), pair(["c", "d"], &places, &keys));
        let tables = [("l", &l), ("r", &r)];
        let project = |table: Rel, names: [&str; 2]| Rel::Project {
            input: Box::new(table),
            columns: names.into_iter().map(|name| (name.to_owned(), col(name, Int))).collect(),
        };
        let (left, right) = (project(input("l", &l), ["a", "b"]), project(input("r", &r), ["c", "d"]));
        let rel = Rel::SetOp { kind, all, left: Box::new(left), right: Box::new(right) };
        let job = TableJob { rel, checks: vec![] };
        let in_files = MemoryBudget { batch_rows: slice, max_cells: 0, ..MemoryBudget::default() };
        prop_assert_eq!(&outcome(&job, &tables, in_files), &outcome(&job, &tables, whole()));
    }

    #[test]
    fn pieces_change_nothing(
        left in prop::collection::vec(row(), 0..70),
        right in prop::collection::vec(row(), 0..12),
        kind in prop_oneof![Just(JoinKind::Inner), Just(JoinKind::Left), Just(JoinKind::Semi), Just(JoinKind::Anti)],
        fill in prop_oneof![
            Just(Fill::Mean), Just(Fill::Median), Just(Fill::Zero), Just(Fill::Value(Value::Float(2.5))),
        ],
        slice in 1..20usize,
        max_cells in 0..300usize,
        shape in 0..4usize,
        flags: [bool; 3],
    ) {
        let (l, r) = (frame(["k", "s", "f"], &left), frame(["k2", "s2", "f2"], &right));
        let tables = [("l", &l), ("r", &r)];
        let rel = match shape {
            0 | 1 => chain(kind, fill, flags[0], flags[1])(input("l", &l), input("r", &r)),
            2 => totals(input("l", &l), flags[2]),
            _ => totals(chain(kind, fill, flags[0], flags[1])(input("l", &l), input("r", &r)), flags[2]),
        };
        let checks = if shape < 2 { statements() } else { vec![] };
        let job = TableJob { rel, checks };
        let expected = outcome(&job, &tables, whole());
        let flowing = MemoryBudget { batch_rows: slice, max_cells, ..MemoryBudget::default() };
        // Inputs of more cells than are held come from files.
        let in_files = MemoryBudget { max_cells: 0, ..flowing.clone() };
        prop_assert_eq!(&outcome(&job, &tables, flowing), &expected);
        prop_assert_eq!(&outcome(&job, &tables, in_files), &expected);
    }
}

/// Three tables joined in the order of a text, and added up in a way that does not show the order of rows.
fn added_up(twice: bool, filters: [bool; 3], by: usize, divide: bool) -> Rel {
    let part = |task: &str, names: [&str; 3], filtered: bool| {
        let schema = [Int, Text, Float];
        let schema = names.into_iter().zip(schema).collect();
        let input = Rel::Input { task: task.to_owned(), schema };
        if !filtered {
            return input;
        }
        let predicate = compare(CmpOp::Ge, col(names[0], Int), int(2));
        Rel::Filter { input: Box::new(input), predicate, account: None }
    };
    let join = |left: Rel, right: Rel, on: Vec<(Expr, Expr)>| {
        let kind = JoinKind::Inner;
        Rel::Join(Box::new(JoinStep { left, right, kind, on, condition: None, expect: None, diagnose: None }))
    };
    let pair = join(
        part("l", ["k", "s", "f"], filters[0]),
        part("r", ["k2", "s2", "f2"], filters[1]),
        vec![(col("k", Int), col("k2", Int))],
    );
    let on = if twice {
        vec![(col("k", Int), col("k3", Int)), (col("s2", Text), col("s3", Text))]
    } else {
        vec![(col("s2", Text), col("s3", Text))]
    };
    let all = join(pair, part("t", ["k3", "s3", "f3"], filters[2]), on);
    // Overflows for the largest of ints; NULL, and counted, where it divides by zero.
    let mut number = arith(ArithOp::Add, col("k", Int), col("k3", Int), Int);
    if divide {
        number = arith(ArithOp::Mod, number, arith(ArithOp::Sub, col("k2", Int), int(2), Int), Int);
    }
    Rel::Aggregate {
        input: Box::new(all),
        keys: match by {
            0 => vec![],
            1 => vec![("s".to_owned(), col("s", Text))],
            _ => vec![("s3".to_owned(), col("s3", Text)), ("k2".to_owned(), col("k2", Int))],
        },
        metrics: vec![
            ("rows".to_owned(), agg(AggFunc::new("count"), vec![], Int)),
            ("sum".to_owned(), agg(AggFunc::new("sum"), vec![number.clone()], Int)),
            ("mean".to_owned(), agg(AggFunc::new("avg"), vec![number], Float)),
            ("least".to_owned(), agg(AggFunc::new("min"), vec![col("s2", Text)], Text)),
        ],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_order_of_joins_changes_nothing_that_is_seen(
        tables in [
            prop::collection::vec(row(), 0..40),
            prop::collection::vec(row(), 0..40),
            prop::collection::vec(row(), 0..40),
        ],
        (twice, filters, by, divide) in (any::<bool>(), any::<[bool; 3]>(), 0..3usize, any::<bool>()),
        slice in 1..20usize,
    ) {
        let frames = [
            frame(["k", "s", "f"], &tables[0]),
            frame(["k2", "s2", "f2"], &tables[1]),
            frame(["k3", "s3", "f3"], &tables[2]),
        ];
        let tables = [("l", &frames[0]), ("r", &frames[1]), ("t", &frames[2])];
        let job = TableJob { rel: added_up(twice, filters, by, divide), checks: vec![] };
        let expected = outcome(&job, &tables, whole());
        let in_files = MemoryBudget { batch_rows: slice, max_cells: 0, ..MemoryBudget::default() };
        prop_assert_eq!(&outcome(&job, &tables, in_files), &expected);
    }
}

/// The tables of left-deep joins, from left to right.
fn joined_tables(rel: &Rel) -> Vec<String> {
    match rel {
        Rel::Input { task, .. } => vec![task.clone()],
        _ => rel.inputs().into_iter().flat_map(joined_tables).collect(),
    }
}

#[test]
fn the_largest_table_flows_past_what_hangs_on_it() {
    let row = |at: usize| (Some(at as i64 % 5), Some("a"), Some(at as f64));
    let sized = |names, rows: usize| frame(names, &(0..rows).map(row).collect::<Vec<_>>());
    let order = |sizes: [usize; 3], filters, key: Expr| {
        let frames = [
            sized(["k", "s", "f"], sizes[0]),
            sized(["k2", "s2", "f2"], sizes[1]),
            sized(["k3", "s3", "f3"], sizes[2]),
        ];
        let inputs: Vec<(String, TableRef)> =
            ["l", "r", "t"].map(str::to_owned).into_iter().zip(frames.map(|frame| in_memory(frame).unwrap())).collect();
        let Rel::Aggregate { input, metrics, .. } = added_up(false, filters, 0, false) else { unreachable!() };
        let options = JobOptions { inputs: &inputs, origin: &|_| None, cancelled: &CancelToken::new() };
        let (files, budget) = (OneFile(DataFrame::empty()), MemoryBudget::default());
        let context = JobContext::new(std::path::Path::new(""), &files, &options, &budget, &input);
        reordered(&context, &input, &[("key".to_owned(), key)], &metrics).map(|rel| joined_tables(&rel))
    };
    let no = [false; 3];
    // `l` is tied to `r`, and `r` to `t`.
    assert_eq!(order([10, 20, 90], no, col("k", Int)).unwrap(), ["t", "r", "l"]);
    assert_eq!(order([10, 90, 20], no, col("k", Int)).unwrap(), ["r", "l", "t"]);
    assert_eq!(order([10, 90, 20], [false, false, true], col("k", Int)).unwrap(), ["r", "t", "l"]);
    assert_eq!(order([90, 100, 20], [false, true, false], col("k", Int)).unwrap(), ["l", "r", "t"]);
    // The first of equal floats may be 0.0 or -0.0.
    assert_eq!(order([10, 20, 90], no, col("f", Float)), None);
}

/// However many rows there are, only so many are under way.
#[test]
fn rows_under_way_do_not_grow_with_the_table() {
    let most_under_way = |rows: usize| {
        let row = |at: usize| (Some(at as i64 % 5 + 1), Some("a"), Some(at as f64));
        let l = frame(["k", "s", "f"], &(0..rows).map(row).collect::<Vec<_>>());
        let r = frame(["k2", "s2", "f2"], &(0..20).map(row).collect::<Vec<_>>());
        let rel = chain(JoinKind::Left, Fill::Mean, true, false)(input("l", &l), input("r", &r));
        let budget = MemoryBudget { batch_rows: 4, max_cells: 0, ..MemoryBudget::default() };
        let counted = budget.rows.clone();
        let done = outcome(&TableJob { rel, checks: statements() }, &[("l", &l), ("r", &r)], budget);
        assert!(done.is_ok_and(|said| said.contains(&format!("out_rows: {}", 4 * rows))));
        counted.1.load(std::sync::atomic::Ordering::Relaxed)
    };
    // Four slices for each core, of four rows that become four rows each.
    let slices = 4 * polars_core::runtime::RAYON.current_num_threads();
    for rows in [500, 5_000] {
        let most = most_under_way(rows);
        assert!((4 * 4..=slices * 4 * 4).contains(&most), "{rows} rows: {most}");
    }
}

#[test]
fn what_is_written_and_read_comes_in_blocks() {
    let l = frame(["k", "s", "f"], &vec![(Some(1), None, None); 1_000]);
    let blocks = crate::store::output_table::OutputTable(TableHandle::InMemory(l));
    let heights: Vec<usize> = blocks.blocks().map(|block| block.unwrap().height()).collect();
    assert_eq!(heights.iter().sum::<usize>(), 1_000);
    assert!(heights.iter().all(|height| *height <= crate::store::output_table::BLOCK), "{heights:?}");
}
