//! Quotes of other systems and of word processors, and what to write instead.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use super::column_scope::quoted;

/// The first quote that SQL has none of: where it stands, what is wrong with it, and what to do.
pub(super) fn foreign_quote(tokens: &[TokenWithSpan]) -> Option<(Span, String, String)> {
    let significant: Vec<&TokenWithSpan> =
        tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    significant.iter().enumerate().find_map(|(at, token)| {
        let (what, help) = match &token.token {
            Token::Char('`') => {
                ("a name in backticks".to_owned(), name_help(&between(tokens, token, &Token::Char('`'))))
            }
            Token::LBracket if is_name_in_brackets(&significant, at) => {
                ("a name in brackets".to_owned(), name_help(&between(tokens, token, &Token::RBracket)))
            }
            Token::Char(quote @ ('‘' | '’' | '‚' | '‛' | '´' | '′')) => {
                (format!("the typographic quote {quote}"), "a text stands in plain single quotes: 'text'".to_owned())
            }
            Token::Char(quote @ ('“' | '”' | '„' | '‟' | '«' | '»' | '″')) => (
                format!("the typographic quote {quote}"),
                "a text stands in plain single quotes: 'text'; a name in plain double quotes: \"order date\""
                    .to_owned(),
            ),
            _ => return None,
        };
        Some((token.span, format!("{what} is not SQL here"), help))
    })
}

/// What to write instead of a name in foreign quotes.
fn name_help(name: &str) -> String {
    match quoted(name) {
        _ if name.is_empty() => "a name stands in double quotes: \"order date\"".to_owned(),
        plain if plain == name => {
            format!("write `{name}` alone; where a name needs quotes, they are double: \"{name}\"")
        }
        quoted => format!("write it in double quotes: {quoted}"),
    }
}

/// What stands between an opening quote and its closing one, as it is written.
fn between(tokens: &[TokenWithSpan], open: &TokenWithSpan, close: &Token) -> String {
    let behind = tokens.iter().skip_while(|token| token.span != open.span).skip(1);
    behind.take_while(|token| token.token != *close).map(|token| token.token.to_string()).collect()
}

/// Whether brackets hold a name, as T-SQL has it, and no list and no place in one.
fn is_name_in_brackets(tokens: &[&TokenWithSpan], at: usize) -> bool {
    let follows_a_value = at.checked_sub(1).is_some_and(|before| match &tokens[before].token {
        Token::Word(word) => word.keyword == Keyword::NoKeyword || word.keyword == Keyword::ARRAY,
        Token::RParen | Token::RBracket => true,
        _ => false,
    });
    let inside = tokens[at + 1..].iter().take_while(|token| token.token != Token::RBracket);
    let mut parts = inside.map(|token| matches!(token.token, Token::Word(_) | Token::Number(..) | Token::Minus));
    let begins_with_a_word = tokens.get(at + 1).is_some_and(|token| matches!(token.token, Token::Word(_)));
    !follows_a_value && begins_with_a_word && parts.all(|is_part_of_a_name| is_part_of_a_name)
}
