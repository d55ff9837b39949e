use std::process::Command;

use proptest::prelude::*;
use tidemill_core::diagnostic::Span;

use super::*;

fn template(sources: &SourceMap, text: &str) -> Template {
    let file = sources.add("pipeline.yaml", text);
    Template { text: text.to_owned(), span: Span { file, start: 0, end: text.len() as u32 } }
}

/// The text as a shell gets it, `x` for every hole.
fn filled(text: &str, shell: &str) -> Result<String, Vec<String>> {
    let sources = SourceMap::default();
    let template = template(&sources, text);
    let ShellText { places, .. } = read(&template, &sources, shell)
        .map_err(|mistakes| mistakes.into_iter().map(|mistake| mistake.message).collect::<Vec<_>>())?;
    assert_eq!(places.len(), template.holes().len());
    let (mut script, mut from) = (String::new(), 0);
    for (hole, place) in places {
        script += &text[from..hole.whole.start];
        script += &place.refer(&["x".to_owned()]);
        from = hole.whole.end;
    }
    Ok(script + &text[from..])
}

#[test]
fn a_reference_suits_the_quotes_around_it() {
    for (text, expected) in [
        ("echo ${{ v }}", r#"echo "${x}""#),
        ("echo --x=${{ v }}.csv", r#"echo --x="${x}".csv"#),
        ("echo \"a ${{ v }} b\"", r#"echo "a ${x} b""#),
        ("echo 'a ${{ v }} b'", r#"echo 'a '"${x}"' b'"#),
        ("echo \"$(cat ${{ v }} 'y ${{ v }}')\" ${{ v }}", r#"echo "$(cat "${x}" 'y '"${x}"'')" "${x}""#),
        ("echo \"${y:-${{ v }}}\" ${y:-${{ v }}}", r#"echo "${y:-${x}}" ${y:-"${x}"}"#),
        ("echo it\\'s ${{ v }} \"\\\"${{ v }}\"", r#"echo it\'s "${x}" "\"${x}""#),
        ("# it's ${{ v }}\necho ${{ v }} a#'b ${{ v }}'", "# it's \necho \"${x}\" a#'b '\"${x}\"''"),
        (
            "echo $(case $1 in a) echo '(';; (b) :;; esac) \"${{ v }}\"",
            r#"echo $(case $1 in a) echo '(';; (b) :;; esac) "${x}""#,
        ),
        ("echo \"$(case $1 in a) echo ${{ v }};; esac)${{ v }}\"", r#"echo "$(case $1 in a) echo "${x}";; esac)${x}""#),
        ("cat <<E\nit's \"\nE\necho ${{ v }}", "cat <<E\nit's \"\nE\necho \"${x}\""),
        ("cat <<-'E' ${{ v }}\n\tit's\n\tE\necho '${{ v }}'", "cat <<-'E' \"${x}\"\n\tit's\n\tE\necho ''\"${x}\"''"),
        ("cat <<< ${{ v }}", r#"cat <<< "${x}""#),
        ("echo $# ${#y} ${{ v }} `echo \"it\"` '${{ v }}'", r#"echo $# ${#y} "${x}" `echo "it"` ''"${x}"''"#),
    ] {
        assert_eq!(filled(text, "bash"), Ok(expected.to_owned()), "{text}");
    }
    assert_eq!(filled("echo $'a\\'${{ v }}'", "bash"), Ok(r#"echo $'a\''"${x}"$''"#.to_owned()));
}

#[test]
fn where_no_quoting_helps_the_letter_is_named() {
    for (text, what) in [
        ("cat <<E\n${{ v }}\nE\n", "a here-document"),
        ("cat <<'E' <<F\n'\nE\n${{ v }}\nF\n", "a here-document"),
        ("echo `echo ${{ v }}`", "backticks"),
        ("echo \"`echo ${{ v }}`\"", "backticks"),
        ("echo $((${{ v }} + 1))", "$(( ))"),
        ("echo \\${{ v }}", "behind a backslash"),
    ] {
        let mistakes = filled(text, "sh").unwrap_err();
        assert!(mistakes.len() == 1 && mistakes[0].contains(what), "{text}: {mistakes:?}");
    }
}

#[test]
fn a_pipe_is_found_wherever_commands_stand() {
    let sources = SourceMap::default();
    let pipes = |text| read(&template(&sources, text), &sources, "bash").is_ok_and(|read| read.traits.pipes);
    assert_eq!(["a | b", "x=\"$(a | b)\"", "a |& b", "echo `a | b`"].map(pipes), [true; 4]);
    let none = "echo '|' \"|\" \\| $((1 | 2)) ${{ v | tojson }} # |";
    assert_eq!(["a || b", "a >| b", none, "cat <<E\n|\nE\n"].map(pipes), [false; 4]);
}

#[test]
fn a_shift_is_no_here_document() {
    assert_eq!(filled("(( y = 1 << 2 ))\necho ${{ v }}", "bash"), Ok("(( y = 1 << 2 ))\necho \"${x}\"".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_the_value_it_stays_one_argument(value in "[ -~\n\t'\"$`\\\\*ä]{0,12}") {
        let text = "printf '%s|' ${{ v }} \"${{ v }}\" '${{ v }}' a${{ v }}b \"$(printf '%s.' ${{ v }})\" \"${no:-${{ v }}}\"";
        let script = filled(text, "sh").unwrap();
        let output = Command::new("sh").args(["-c", &script]).env("x", &value).output().unwrap();
        let v = &value;
        prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{v}|{v}|{v}|a{v}b|{v}.|{v}|"));
        prop_assert!(output.stderr.is_empty());
    }
}
