//! The registry as a whole, and a function that is added to it.

mod document;

use super::definition::{Accepts, Example, FunctionDefinition, Meaning, NUMBER, Parameter, STRING};
use super::{FunctionKind, Returns, all, elsewhere, find, names};
use crate::sql::tests::{columns, shown, sql};
use crate::sql::{RowColumns, bind_scalar};
use crate::table::{ArithOp, DataType, Expr, ExprKind};

/// Two functions as somebody adds them: one that engines compute, and one that is an expression.
pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "test_repeat",
        aliases: &["test_replicate"],
        parameters: &[
            Parameter::one("text", Accepts::OneOf(STRING)),
            Parameter::optional("times", Accepts::ConstantInt { least: 0, most: 9 }),
        ],
        summary: "the text so many times",
        examples: &[Example::new("test_repeat('ab', 2)", "abab")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "test_double",
        parameters: &[Parameter::one("x", Accepts::OneOf(NUMBER))],
        summary: "twice the number",
        examples: &[Example::new("test_double(21)", "42")],
        meaning: Meaning::Expression(|args| {
            let data_type = Returns::Argument.of(&args);
            let x = Box::new(args[0].clone());
            Expr { kind: ExprKind::Arith(ArithOp::Add, x.clone(), x), data_type }
        }),
        ..FunctionDefinition::SCALAR
    },
];

fn bound(text: &str) -> String {
    let (sql, sources) = sql(text, vec![]);
    match bind_scalar(&sql, &RowColumns::of(&columns()), &sources) {
        Ok(expr) => format!("{expr} : {}", expr.data_type),
        Err(errors) => shown(&errors, &sources),
    }
}

#[test]
fn an_entry_is_all_that_a_new_function_needs() {
    let texts = [
        "test_repeat(s)",
        "test_repeat(s, 3) || 'x'",
        "test_replicate(n, 3)",
        "test_double(m)",
        "test_repeat(i)",
        "test_repeat(s, i)",
        "test_repeat(s, 10)",
        "test_repeat(s, 1, 2)",
        "test_repaet(s)",
    ];
    insta::assert_snapshot!(texts.map(bound).join("\n"), @r"
    test_repeat(s) : string
    concat(test_repeat(s, 3), 'x') : string
    test_repeat(n::string, 3) : string
    m + m : decimal(18,2)
    `test_repeat` takes a string; this is an int
      at q.sql:1:13 `i` an int
      help: convert it: `cast(… as string)`
    the times of `test_repeat` must be a constant whole number
      at q.sql:1:16 `i`
    `test_repeat` takes 0 to 9 times
      at q.sql:1:16 `10`
    `test_repeat` takes 1 to 2 arguments, not 3
      at q.sql:1:1 `test_repeat`
    there is no function `test_repaet`
      at q.sql:1:1 `test_repaet` unknown function
      help: did you mean `test_repeat`?
    ");
    let function = find("test_replicate").unwrap();
    assert_eq!((function.signature().as_str(), function.kind()), ("test_repeat(text [, times])", FunctionKind::Scalar));
    let takes: Vec<String> = function.parameters.iter().map(Parameter::takes).collect();
    assert_eq!(takes, ["string", "int, constant, 0 to 9"]);
    let row = "| `test_repeat(text [, times])`, `test_replicate` | string | the text so many times | \
               `test_repeat('ab', 2)` → `abab` |\n";
    assert_eq!(document::row(function), row);
}

#[test]
fn names_are_of_one_function_each() {
    let mut known: Vec<&str> = names().collect();
    known.sort_unstable();
    let doubles: Vec<&[&str]> = known.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert_eq!(doubles, Vec::<&[&str]>::new());
    let both: Vec<&str> = known.into_iter().filter(|name| elsewhere(name).is_some()).collect();
    assert_eq!(both, Vec::<&str>::new(), "functions that are there and said not to be");
}

#[test]
fn every_entry_is_whole() {
    for function in all() {
        let name = function.name;
        assert!(
            function.names().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')),
            "{name}"
        );
        assert!(!function.examples.is_empty(), "{name} has no example");
        assert!(!function.summary.is_empty() && !function.summary.ends_with('.'), "{name}: {}", function.summary);
        assert!(!function.summary.contains('\n'), "{name}: {}", function.summary);
        let optional = function.parameters.iter().position(|parameter| parameter.count != super::Count::One);
        let last = function.parameters.len().saturating_sub(1);
        let many = function.parameters.iter().position(|parameter| parameter.count == super::Count::Many);
        assert!(many.is_none_or(|at| at == last && optional == many), "{name}");
    }
}

#[test]
fn calls_of_a_wrong_number_of_arguments_are_refused() {
    // The parser itself takes these apart.
    let of_grammar = ["at_time_zone", "cast", "ceil", "extract", "floor", "substr", "trim", "try_cast"];
    for function in all().filter(|function| !of_grammar.contains(&function.name)) {
        let over = if function.kind() == FunctionKind::Window { " over (order by i)" } else { "" };
        let refused = |given: usize| {
            let args = vec!["i"; given].join(", ");
            let query = format!("select {}({args}){over} as x from all_types", function.name);
            let message = crate::sql::tests::plan(&query);
            assert!(message.contains(" argument") || message.contains("`count`"), "{query}: {message}");
        };
        let arity = function.arity();
        if let Some(fewer) = arity.start().checked_sub(1) {
            refused(fewer);
        }
        if *arity.end() < usize::MAX {
            refused(arity.end() + 1);
        }
    }
}

#[test]
fn examples_have_the_type_that_is_declared() {
    for function in all() {
        for example in function.examples {
            let (sql, sources) = sql(&example.query(), vec![]);
            let rel = crate::sql::bind_query(&sql, &|_| None, &sources)
                .unwrap_or_else(|errors| panic!("{}: {}", example.call, shown(&errors, &sources)));
            let found = rel.schema().fields()[0].data_type;
            if let Returns::Type(declared) = function.returns {
                assert_eq!(found, declared, "{}", example.call);
            }
            assert_ne!(found, DataType::Null, "{}", example.call);
        }
    }
}
