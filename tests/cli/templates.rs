//! Templates of reports and mails: what they may name, what they depend on, and what they are protected from.

use crate::project::{Outcome, Project};

/// A report of a small table.
fn report(template: &str, output: &str, text: &str) -> Project {
    Project::new().file("t.csv", "k,v,x\na,1.005,<b>\nb,,\nc,2.675,&\n").file(template, text).pipeline(&format!(
        "
        version: 1
        params: {{wanted: A}}
        env: {{A: first, B: second}}
        tasks:
          t: {{type: load, path: t.csv, columns: {{v: 'decimal(10,3)'}}}}
          report: {{type: report, template: {template}, inputs: {{t: t}}, output: {output}}}
        "
    ))
}

/// Runs it with a variable of the process.
fn run_with(project: &Project, name: &str, value: &str) -> Outcome {
    let mut command = project.command(["run", "--at", "2026-01-01"]);
    command.env(name, value).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    project.wait(command.spawn().expect("the binary starts"))
}

fn rendered(template: &str, output: &str, text: &str) -> String {
    let project = report(template, output, text);
    project.run(["run"]).exits(0);
    project.read(output)
}

#[test]
fn whatever_way_the_environment_is_named_counts() {
    for text in [
        "${{ env.HOST }}",
        "${{ env['HOST'] }}",
        "{% set host = env.HOST %}${{ host }}",
        "${{ env.HOST[:20] }}",
        "{% filter replace('x', env.HOST) %}x{% endfilter %}",
        "{% with env = env.HOST %}${{ env }}{% endwith %}",
    ] {
        let project = report("r.md", "r.txt", text);
        for host in ["one", "two"] {
            run_with(&project, "HOST", host).exits(0);
            assert_eq!(project.read("r.txt"), host, "{text}");
        }
    }
}

#[test]
fn what_a_template_calls_is_found_by_check() {
    let project = report(
        "r.md",
        "r.txt",
        "# Report\n\n{% for row in inputs.t %}\n${{ row.v | monney }} ${{ sum(row.v) }}\n{% endfor %}\n",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: in `${{ }}`: there is no filter `monney`
     --> r.md:4:13
      |
    4 | ${{ row.v | monney }} ${{ sum(row.v) }}
      |             ^^^^^^
      |
      = help: did you mean `money`?

    error: in `${{ }}`: there is no function `sum`
     --> r.md:4:27
      |
    4 | ${{ row.v | monney }} ${{ sum(row.v) }}
      |                           ^^^
      |
      = help: it is a filter: write `value | sum`

    2 errors
    ");
}

#[test]
fn the_environment_as_a_whole_is_that_of_the_file() {
    for text in [
        "${{ env }}",
        "{% set e = env %}${{ e.A }} ${{ e | items }}",
        "${{ env[params.wanted] }} {% for name in env %}${{ name }}{% endfor %}",
    ] {
        let project = report("r.md", "r.txt", text);
        run_with(&project, "HOME", "/home/elsewhere").exits(0);
        let first = project.read("r.txt");
        assert!(first.contains("first") && !first.contains("HOME") && !first.contains("elsewhere"), "{first}");
        let pipeline = project.read("pipeline.yaml").replace("A: first", "A: changed");
        let project = project.pipeline(&pipeline);
        run_with(&project, "HOME", "/home/elsewhere").exits(0);
        assert_eq!(project.read("r.txt"), first.replace("first", "changed"), "{text}");
    }
    for text in ["${{ env['HO' ~ 'ME'] }}", "${{ [env][0].HOME }}", "{% set e = env %}${{ e.HOME }}"] {
        run_with(&report("r.md", "r.txt", text), "HOME", "/home/elsewhere").exits(1);
    }
}

#[test]
fn whatever_way_the_day_is_named_counts() {
    for text in [
        "${{ run.date }}",
        "${{ run['date'] }}",
        "{% set r = run %}${{ r.date }}",
        "${{ (run).date }}",
        "${{ run.date | replace('x', 'y') }}",
        "{% set run = run %}${{ run.date }}",
    ] {
        let project = report("r.md", "r.txt", text);
        for day in ["2026-01-01", "2026-01-02"] {
            project.run(["run", "--at", day]).exits(0);
            assert_eq!(project.read("r.txt"), day, "{text}");
        }
    }
}

#[test]
fn nothing_shows_all_names() {
    let project = report("r.md", "r.txt", "${{ debug() }}");
    let said = run_with(&project, "HOME", "/home/elsewhere").exits(2).stderr;
    assert!(said.contains("no function"), "{said}");
}

#[test]
fn what_goes_into_html_is_escaped_whatever_the_template_is_called() {
    let is_escaped = |text: &str| text.contains("&lt;b&gt;") && !text.contains("<b>");
    for template in ["r.html", "r.html.j2", "r.HTML", "r.txt", "r.xhtml", "r.md", "r"] {
        assert!(is_escaped(&rendered(template, "out/r.html", "${{ inputs.t[0].x }}")), "{template}");
    }
    for output in ["out/r.htm", "out/R.HTML"] {
        assert!(is_escaped(&rendered("r.txt", output, "${{ inputs.t[0].x }}")), "{output}");
    }
    assert_eq!(rendered("r.html", "out/r.txt", "${{ inputs.t[0].x }}"), "&lt;b&gt;");
    assert_eq!(rendered("r.txt", "out/r.md", "${{ inputs.t[0].x }}"), "<b>");
    assert!(rendered("r.txt", "out/r.html", "${{ inputs.t | table }}").contains("<td>&lt;b&gt;</td>"));
}

#[test]
fn the_html_of_a_mail_is_escaped_whatever_its_template_is_called() {
    let project = Project::new().file("t.csv", "x\n<script>\n").file("m.txt", "[${{ inputs.t[0].x }}]\n").pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv}
          mail: {type: email, to: [a@example.com], subject: S, inputs: {t: t}, template: m.txt, html_template: m.txt}
        ",
    );
    project.run(["run"]).exits(0);
    let mails = project.files("outputs/outbox");
    let mail = String::from_utf8_lossy(mails.values().next().expect("a mail"));
    assert!(mail.contains("[<script>]") && mail.contains("[&lt;script&gt;]"), "{mail}");
}

#[test]
fn null_is_empty_and_filters_calculate_as_sql_does() {
    let text = "[${{ inputs.t[1].v }}] ${{ inputs.t[1].v | default('n/a') }} ${{ inputs.t[1].v | money | default('-') }}
${{ inputs.t[0].v | round(2) }} ${{ inputs.t[2].v | round(2) }} ${{ inputs.t[2].v | money }}
${{ inputs.t | sum(attribute='v') }} ${{ inputs.t | map(attribute='v') | sum }} ${{ inputs.t | map(attribute='v') | min }}
${{ inputs.t | join(', ', attribute='v') }} [${{ inputs.t[1].x | upper }}]
${{ inputs.t | table(['k', 'v'], null='–') }}
";
    insta::assert_snapshot!(rendered("r.md", "r.txt", text), @r"
    [] n/a -
    1.01 2.68 2.68
    3.68 3.68 1.005
    1.005, 2.675 []
    | k | v |
    | --- | ---: |
    | a | 1.005 |
    | b | – |
    | c | 2.675 |
    ");
}

#[test]
fn a_table_that_is_named_without_its_inputs_is_told() {
    insta::assert_snapshot!(report("r.md", "r.txt", "a\n{% for r in t %}${{ r.k }}{% endfor %}\n").run(["check"]).exits(2).stderr, @r"
    error: unknown name `t`
     --> r.md:2:13
      |
    2 | {% for r in t %}${{ r.k }}{% endfor %}
      |             ^
      |
      = help: did you mean `inputs.t`?
    
    1 error
    ");
    insta::assert_snapshot!(report("r.md", "r.txt", "${{ months }}\n").run(["check"]).exits(2).stderr, @r"
    error: unknown name `months`
     --> r.md:1:5
      |
    1 | ${{ months }}
      |     ^^^^^^
      |
      = help: there is `run`, `params`, `env`, `inputs`, `tasks`
    
    1 error
    ");
}

#[test]
fn what_is_too_deep_is_an_error_at_its_place() {
    let chains = ["+1", "|f", ".x", "[0]", "()", " is none", " and 1", " if 1 else 1", "~'a'", "**2"];
    let texts = chains.iter().map(|chain| format!("a\n${{{{ 1{} }}}}", chain.repeat(20_000)));
    let before = ["-", "not ", "[", "("].iter().map(|before| format!("a\n${{{{ {}1 }}}}", before.repeat(20_000)));
    let branches = format!("a\n{{% if 1 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(20_000));
    for text in texts.chain(before).chain([branches]) {
        let shown: String = text.chars().take(30).collect();
        let said = report("r.md", "r.txt", &text).run(["check"]).exits(2).stderr;
        let place = said.contains("r.md:2:") && (said.contains("too deep") || said.contains("recursion"));
        assert!(place, "{shown}: {}", said.chars().take(300).collect::<String>());
    }
}

#[test]
fn an_expression_of_the_file_that_is_too_deep_is_an_error_at_its_place() {
    for key in
        ["run: \"true ${{ EXPR }}\"", "run: 'true', when: \"${{ EXPR }}\"", "run: 'true', retries: \"${{ EXPR }}\""]
    {
        let deep = key.replace("EXPR", &format!("1{}", "+1".repeat(20_000)));
        let project = Project::new().pipeline(&format!("version: 1\ntasks:\n  c: {{type: command, {deep}}}\n"));
        let said = project.run(["check"]).exits(2).stderr;
        assert!(
            said.contains("pipeline.yaml:3:") && said.contains("too deep"),
            "{key}: {}",
            &said[..said.len().min(300)]
        );
    }
}

#[test]
fn as_many_operators_as_are_allowed_are_rendered() {
    let text = format!("${{{{ 1{} }}}} ${{{{ 'a'{} }}}}", "+1".repeat(399), "|upper".repeat(399));
    assert_eq!(rendered("r.md", "r.txt", &text), "400 A");
}

#[test]
fn a_text_that_doubles_is_stopped() {
    let text =
        "{% set ns = namespace(x='ab') %}\n{% for i in range(99) %}\n{% set ns.x = ns.x ~ ns.x %}\n{% endfor %}\n";
    let said = report("r.md", "r.txt", text).run(["run"]).exits(1).stderr;
    assert!(said.contains("r.md:3: this takes more than 20 million steps"), "{said}");
}

#[test]
fn columns_and_arguments_are_found_by_check() {
    let project = report(
        "r.md",
        "r.html",
        "# Report\n\n${{ inputs.t | table({'k': {'format': 'nice'}, 'w': 'W'}, nul='-') }}\n\n{% for row in inputs.t %}\n${{ row.vv | date('%J') }}\n{% endfor %}\n${{ 'logo.png' | image(widht='50%') }}\n",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: file `logo.png` does not exist
     --> pipeline.yaml:6:36
      |
    6 |   report: {type: report, template: r.md, inputs: {t: t}, output: r.html}
      |                                    ^^^^ task `report` reads it
      |
      = help: paths start at the folder of the pipeline file

    error: in `${{ }}`: `nice` is not a number format: `nice` is not one of f, d, %, s, e; write for example `,.0f`, `$,.2f`, `.1%`, `d` or `.3s`; of dates `%d %b %Y`
     --> r.md:3:40
      |
    3 | ${{ inputs.t | table({'k': {'format': 'nice'}, 'w': 'W'}, nul='-') }}
      |                                        ^^^^

    error: in `${{ }}`: there is no column `w`
     --> r.md:3:49
      |
    3 | ${{ inputs.t | table({'k': {'format': 'nice'}, 'w': 'W'}, nul='-') }}
      |                                                 ^
      |
      = help: there is `k`, `v`, `x`

    error: in `${{ }}`: `table` takes no `nul`
     --> r.md:3:59
      |
    3 | ${{ inputs.t | table({'k': {'format': 'nice'}, 'w': 'W'}, nul='-') }}
      |                                                           ^^^
      |
      = help: did you mean `null`?

    error: in `${{ }}`: there is no column `vv`
     --> r.md:6:9
      |
    6 | ${{ row.vv | date('%J') }}
      |         ^^
      |
      = help: did you mean `v`?

    error: in `${{ }}`: `%J` is not a date format: strftime formatting failed: found unrecognized specifier directive `J`; write for example `%b %Y` or `%Y-%m-%d`
     --> r.md:6:20
      |
    6 | ${{ row.vv | date('%J') }}
      |                    ^^

    error: in `${{ }}`: `image` takes no `widht`
     --> r.md:8:24
      |
    8 | ${{ 'logo.png' | image(widht='50%') }}
      |                        ^^^^^
      |
      = help: did you mean `width`?

    7 errors
    ");
}
