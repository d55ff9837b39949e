//! An SQL text, its tokens' places, and how mistakes in it are reported.

use std::ops::Range;

use sqlparser::ast::{Expr as Ast, Query, SetExpr, Statement};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use crate::diagnostic::{Diagnostic, SourceMap, Span as FileSpan};
use crate::spec::SqlText;

use super::asof::with_match_conditions;
use super::dialect::Tidemill;
use super::foreign_quotes::foreign_quote;
use super::foreign_words::instead_of_nearby;
use super::pivot_text::with_pivots_behind;

/// A result, or everything that is wrong.
pub(super) type Bound<T> = Result<T, Vec<Diagnostic>>;

/// How deep parentheses and subqueries may nest.
const MAX_NESTING: usize = 100;
/// How many operators one text may have. A chain of operators becomes a tree as deep as the chain is long.
const MAX_OPERATORS: usize = 2_000;
/// How many tables and set operations one query may put together.
pub(super) const MAX_TABLES: usize = 200;
/// Texts of fewer operators and parentheses than this fit any thread's stack.
const SMALL: usize = 20;
/// The stack that a large text gets.
const STACK: usize = 64 << 20;

/// An SQL text and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    sql: &'a SqlText,
    sources: &'a SourceMap,
}

impl<'a> Text<'a> {
    pub(super) fn new(sql: &'a SqlText, sources: &'a SourceMap) -> Self {
        Self { sql, sources }
    }

    pub(super) fn sql(&self) -> &'a SqlText {
        self.sql
    }

    /// Does `work` on a stack that is deep enough for the text.
    pub(super) fn with_stack<T>(&self, work: impl FnOnce() -> Bound<T>) -> Bound<T> {
        let tokens = self.tokens()?;
        let operators = tokens.iter().filter(|token| is_operator(&token.token)).count();
        let tables = tokens.iter().filter(|token| is_combination(&token.token)).count();
        if tables > MAX_TABLES {
            return Err(vec![
                Diagnostic::error(format!("this SQL puts {tables} tables together; {MAX_TABLES} are the most"))
                    .at(self.sql.span, "too large")
                    .help("use several tasks"),
            ]);
        }
        if operators > MAX_OPERATORS {
            return Err(vec![
                Diagnostic::error(format!("this SQL has {operators} operators; {MAX_OPERATORS} are the most"))
                    .at(self.sql.span, "too large")
                    .help("use `in (…)` for long lists, or several tasks"),
            ]);
        }
        let parentheses = tokens.iter().filter(|token| token.token == Token::LParen).count();
        if operators + parentheses < SMALL { work() } else { stacker::grow(STACK, work) }
    }

    /// Parses it as one scalar expression.
    pub(super) fn expression(&self) -> Bound<Ast> {
        let mut parser = self.parser()?;
        let parsed = parser.parse_expr();
        let expr = self.parsed(&parser, parsed)?;
        let next = parser.peek_token();
        match next.token {
            Token::EOF => Ok(expr),
            Token::SemiColon => Err(self.wrong(next.span, "an expression has no `;`", "leave it out")),
            other => Err(self.unended_case().unwrap_or_else(|| {
                let message = format!("expected an operator or the end, found `{other}`");
                vec![self.helped(Diagnostic::error(message).at(self.place(next.span), ""), next.span)]
            })),
        }
    }

    /// Parses it as one query.
    pub(super) fn query(&self) -> Bound<Query> {
        let mut parser = self.parser()?;
        let start = parser.peek_token();
        if start.token == Token::EOF {
            return Err(vec![
                Diagnostic::error("the SQL is empty").at(self.sql.span, "").help("write a query: `select … from …`"),
            ]);
        }
        if matches!(&start.token, Token::Word(word) if word.keyword == Keyword::FROM) {
            let error = Diagnostic::error("a query does not begin with `from`").at(self.place(start.span), "");
            return Err(vec![error.help("write `select * from …`")]);
        }
        let parsed = parser.parse_statement();
        let statement = self.parsed(&parser, parsed)?;
        let mut ended = false;
        while parser.consume_token(&Token::SemiColon) {
            ended = true;
        }
        let next = parser.peek_token();
        let refused = |word: String| {
            Err(vec![Diagnostic::error(format!("`{word}` is not a query")).at(self.place(start.span), "").help(
                "an `sql` task is a single `select …` (or `with … select …`): it makes a table and changes none",
            )])
        };
        match statement {
            Statement::Query(query) if next.token == Token::EOF => match *query.body {
                SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                    refused(start.token.to_string())
                }
                _ => Ok(*query),
            },
            Statement::Query(_) if !ended => {
                if let Some(errors) = self.unended_case() {
                    return Err(errors);
                }
                let message = format!("expected the end of the query, found `{}`", next.token);
                let error = Diagnostic::error(message).at(self.place(next.span), "");
                Err(vec![match next.token {
                    Token::Minus => error.help("names with `-` stand in double quotes: \"raw-orders\""),
                    _ => self.helped(error, next.span),
                }])
            }
            Statement::Query(_) => Err(vec![
                Diagnostic::error("more than one query")
                    .at(self.place(next.span), "the second begins here")
                    .help("an `sql` task has a single query; make a task of each"),
            ]),
            _ => refused(start.token.to_string().to_uppercase()),
        }
    }

    fn tokens(&self) -> Bound<Vec<TokenWithSpan>> {
        Tokenizer::new(&Tidemill, &self.sql.text).tokenize_with_location().map_err(|error| {
            let at = self.offset(error.location);
            let message = lower_first(error.message.split(" at Line").next().unwrap_or(&error.message));
            let error = Diagnostic::error(message).at(self.range(at..self.sql.text.len().min(at + 1)), "");
            vec![match self.sql.text.contains("\\'") {
                true => error.help("a quote within a text is written twice: 'it''s'"),
                false => error,
            }]
        })
    }

    fn parser(&self) -> Bound<Parser<'static>> {
        let tokens = self.tokens()?;
        if let Some((span, message, help)) = foreign_quote(&tokens) {
            return Err(vec![Diagnostic::error(message).at(self.place(span), "").help(help)]);
        }
        let tokens = with_match_conditions(parenthesize_lists(tokens));
        let tokens = with_pivots_behind(tokens);
        Ok(Parser::new(&Tidemill).with_recursion_limit(MAX_NESTING).with_tokens_with_locations(tokens))
    }

    fn parsed<T>(&self, parser: &Parser<'_>, result: Result<T, ParserError>) -> Bound<T> {
        result.map_err(|error| match error {
            ParserError::RecursionLimitExceeded => vec![
                Diagnostic::error("this SQL is nested too deeply")
                    .at(self.sql.span, "")
                    .help(format!("parentheses and subqueries nest to a depth of about {MAX_NESTING}")),
            ],
            ParserError::ParserError(message) | ParserError::TokenizerError(message) => {
                if let Some(errors) = self.unended_case().or_else(|| self.dangling_comma()) {
                    return errors;
                }
                let (message, at) = split_location(&message);
                let span = at.map_or(parser.peek_token().span, |at| Span::new(at, at));
                let span = if span == Span::empty() { self.end() } else { span };
                let message = match message.trim_start_matches("Expected: ").split_once(", found: ") {
                    // The parser's own view of a token, which says nothing to others.
                    _ if message.contains("Word(Word") => "expected an operator or the end".to_owned(),
                    Some((expected, "EOF")) => format!("expected {expected}, but the SQL ends here"),
                    Some((expected, found)) => format!("expected {expected}, found `{found}`"),
                    None => lower_first(message),
                };
                let lower = message.to_lowercase();
                let error = Diagnostic::error(message).at(self.place(span), "");
                // The grammar has no such clause of frames, and no such operator.
                vec![if lower == "expected ), found `exclude`" {
                    error.help("a frame has no `exclude`: take the row's own value away from the result")
                } else if self.sql.text[..self.offset(span.start)].ends_with('/') {
                    error.help(
                        "`//` divides without a rest elsewhere; here it is `cast(trunc(x / y) as int)`, or `x - x % y`",
                    )
                } else {
                    self.helped(error, span)
                }]
            }
        })
    }

    /// An error about what stands at a place, with what to write instead of the word of another system that is near.
    fn helped(&self, error: Diagnostic, span: Span) -> Diagnostic {
        let mut tokens = self.tokens().unwrap_or_default();
        tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
        let at = tokens.iter().position(|token| token.span.end >= span.start);
        match at.and_then(|at| instead_of_nearby(&tokens, at)) {
            Some(instead) => error.help(instead),
            None => error,
        }
    }

    /// What to say of the innermost `case` without an `end`, of a text that the grammar refuses: it takes such a `case` for
    /// a column's name, and what it says then is of no help.
    fn unended_case(&self) -> Option<Vec<Diagnostic>> {
        let mut open = Vec::new();
        for token in self.tokens().ok()? {
            match &token.token {
                Token::Word(word) if word.keyword == Keyword::CASE => open.push(token.span),
                Token::Word(word) if word.keyword == Keyword::END => drop(open.pop()),
                _ => {}
            }
        }
        let case = self.place(open.pop()?);
        let help = "write `case when … then … else … end`";
        Some(vec![Diagnostic::error("this `case` is not finished").at(case, "it begins here").help(help)])
    }

    /// What to say of a comma with nothing behind it, of a text that the grammar refuses.
    fn dangling_comma(&self) -> Option<Vec<Diagnostic>> {
        let mut tokens = self.tokens().ok()?;
        tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
        let ends_a_list = |token: Option<&TokenWithSpan>| {
            use Keyword as K;
            match token.map(|token| &token.token) {
                None | Some(Token::RParen | Token::SemiColon | Token::EOF) => true,
                Some(Token::Word(word)) => matches!(
                    word.keyword,
                    K::FROM | K::WHERE | K::GROUP | K::HAVING | K::QUALIFY | K::ORDER | K::LIMIT | K::UNION
                ),
                Some(_) => false,
            }
        };
        let at = (0..tokens.len()).find(|at| tokens[*at].token == Token::Comma && ends_a_list(tokens.get(at + 1)))?;
        let error = Diagnostic::error("nothing stands behind this comma").at(self.place(tokens[at].span), "");
        Some(vec![error.help("leave it out")])
    }

    /// The place of the last letter.
    fn end(&self) -> Span {
        let text = self.sql.text.trim_end();
        let line = text.matches('\n').count() as u64 + 1;
        let column = text.rsplit('\n').next().unwrap_or_default().chars().count().max(1) as u64;
        Span::new(Location::new(line, column), Location::new(line, column))
    }

    /// One error at a place.
    pub(super) fn wrong(&self, span: Span, message: impl Into<String>, label: impl Into<String>) -> Vec<Diagnostic> {
        vec![Diagnostic::error(message).at(self.place(span), label)]
    }

    /// The error for what the grammar knows and Tidemill does not.
    pub(super) fn unsupported(&self, span: Span, what: &str, instead: &str) -> Vec<Diagnostic> {
        let diagnostic = Diagnostic::error(format!("{what} is not supported in Tidemill SQL")).at(self.place(span), "");
        vec![if instead.is_empty() { self.helped(diagnostic, span) } else { diagnostic.help(instead) }]
    }

    /// The place of a token or a node in its file.
    pub(super) fn place(&self, span: Span) -> FileSpan {
        if span == Span::empty() { self.sql.span } else { self.range(self.bytes(span)) }
    }

    /// The place of a token or a node as `file:line:column`.
    pub(super) fn location(&self, span: Span) -> String {
        let place = self.place(span);
        let file = self.sources.get(place.file).map_or_else(String::new, |file| file.name.clone());
        match self.sources.line_column(place) {
            Some((line, column)) => format!("{file}:{line}:{column}"),
            None => file,
        }
    }

    /// The bytes of a token or a node in the text.
    pub(super) fn bytes(&self, span: Span) -> Range<usize> {
        let start = self.offset(span.start);
        let mut end = self.offset(span.end).max(start);
        if end == start {
            end += self.sql.text[start..].chars().next().map_or(0, char::len_utf8);
        }
        start..end + unclosed(&self.sql.text[start..end], &self.sql.text[end..])
    }

    fn range(&self, range: Range<usize>) -> FileSpan {
        self.sources.within_scalar(self.sql.span, &self.sql.raw, range)
    }

    /// The byte at a line and column, both from 1; columns count characters.
    fn offset(&self, at: Location) -> usize {
        let text = &self.sql.text;
        let mut start = 0;
        for _ in 1..at.line {
            match text[start..].find('\n') {
                Some(newline) => start += newline + 1,
                None => return text.len(),
            }
        }
        let column = usize::try_from(at.column.saturating_sub(1)).unwrap_or(usize::MAX);
        text[start..].char_indices().nth(column).map_or(text.len(), |(byte, _)| start + byte)
    }
}

/// How many bytes of `rest` it takes to close the parentheses that `part` opens: the grammar's spans of calls end before
/// them. None if other things stand between.
fn unclosed(part: &str, rest: &str) -> usize {
    let mut quoted = false;
    let mut open = 0_usize;
    for c in part.chars() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => open += 1,
            ')' if !quoted => open = open.saturating_sub(1),
            _ => {}
        }
    }
    let mut closing = rest.char_indices().filter(|(_, c)| !c.is_whitespace()).take(open);
    let closed = closing.by_ref().take_while(|(_, c)| *c == ')').last();
    closed.map_or(0, |(at, _)| at + 1)
}

/// `in $1` becomes `in ($1)`: a list parameter brings its own parentheses.
fn parenthesize_lists(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut after_in = false;
    let mut out = Vec::with_capacity(tokens.len());
    for token in tokens {
        let span = token.span;
        match &token.token {
            Token::Whitespace(_) => out.push(token),
            Token::Placeholder(_) if after_in => {
                out.push(TokenWithSpan::new(Token::LParen, span));
                out.push(token);
                out.push(TokenWithSpan::new(Token::RParen, span));
                after_in = false;
            }
            other => {
                after_in = matches!(other, Token::Word(word) if word.keyword == Keyword::IN);
                out.push(token);
            }
        }
    }
    out
}

/// Whether a token makes the tree deeper.
fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => {
            use sqlparser::keywords::Keyword as K;
            matches!(
                word.keyword,
                K::AND
                    | K::OR
                    | K::XOR
                    | K::NOT
                    | K::CASE
                    | K::UNION
                    | K::INTERSECT
                    | K::EXCEPT
                    | K::JOIN
                    | K::IS
                    | K::IN
                    | K::BETWEEN
                    | K::LIKE
                    | K::ILIKE
                    | K::SIMILAR
                    | K::RLIKE
                    | K::REGEXP
                    | K::AT
                    | K::COLLATE
                    | K::OVERLAPS
                    | K::MEMBER
                    | K::OPERATOR
                    | K::DIV
            )
        }
        Token::Comma | Token::Whitespace(_) | Token::EOF | Token::LParen | Token::RParen | Token::Number(..) => false,
        Token::SingleQuotedString(_) | Token::Period | Token::SemiColon | Token::Placeholder(_) => false,
        _ => true,
    }
}

/// Whether a token puts tables together.
fn is_combination(token: &Token) -> bool {
    use sqlparser::keywords::Keyword as K;
    matches!(token, Token::Word(word) if matches!(word.keyword, K::UNION | K::INTERSECT | K::EXCEPT | K::JOIN))
}

/// The parser puts " at Line: 1, Column: 9" behind its messages.
fn split_location(message: &str) -> (&str, Option<Location>) {
    let Some((text, place)) = message.rsplit_once(" at Line: ") else { return (message, None) };
    let location = place
        .split_once(", Column: ")
        .and_then(|(line, column)| Some(Location::new(line.parse().ok()?, column.parse().ok()?)));
    (text, location)
}

fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// Both values, or the mistakes of both.
pub(super) fn both<A, B>(a: Bound<A>, b: Bound<B>) -> Bound<(A, B)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut a), Err(b)) => {
            a.extend(b);
            Err(a)
        }
        (Err(errors), Ok(_)) | (Ok(_), Err(errors)) => Err(errors),
    }
}

/// All values, or the mistakes of all.
pub(super) fn all<T>(results: impl IntoIterator<Item = Bound<T>>) -> Bound<Vec<T>> {
    let mut values = Vec::new();
    let mut errors = Vec::new();
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}
