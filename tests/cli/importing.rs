//! `tidemill import`.

use std::process::Command;

use insta::assert_snapshot;

use crate::project::Project;

const MAKEFILE: &str = "\
OUT = out
SORT := sort -n
.PHONY: all clean

all: $(OUT)/report.txt

$(OUT)/sorted.csv: in.csv | $(OUT)
\t$(SORT) $< > $@

$(OUT)/report.txt: $(OUT)/sorted.csv
\t@wc -l < $^ | \\
\t  tee $@
\t-rm nothing

$(OUT):
\tmkdir -p $@

clean:
\trm -rf $(OUT)

%.o: %.c
\tcc $<
list: $(wildcard *.c)
\tls
";

/// The pipeline that a file becomes, behind what is said of it.
fn imported(file: &str, text: &str) -> String {
    let project = Project::new().file(file, text);
    let told = project.run(["import", file]).exits(0);
    format!("{}\n{}", told.stderr, told.stdout)
}

#[test]
fn a_makefile_becomes_what_its_first_target_needs_and_makes_the_same_files() {
    let project = Project::new().file("Makefile", MAKEFILE).file("in.csv", "b\n10\n9\n");
    let told = project.run(["import", "Makefile", "-o", "pipeline.yaml"]).exits(0).stderr;
    assert_snapshot!(told, @r#"
warning Makefile:18: `clean` is left out, for `all` does not need it: a run makes all that is in the pipeline
warning Makefile:21: the pattern `%.o` is left out: write a task with `foreach`
warning Makefile:23: the rule is left out: `$(wildcard *.c)` is not translated
pipeline.yaml: 3 tasks
"#);
    project.run(["check"]).exits(0);
    project.run(["run"]).exits(0);
    let own = project.files("out");
    let make = Command::new("make").arg("--silent").current_dir(project.root()).arg("OUT=by_make").output();
    match make.ok().filter(|made| made.status.success()) {
        Some(_) => assert_eq!(own, project.files("by_make")),
        None => eprintln!("skipped: `make` is not installed"),
    }
    let again = project.run(["import", "Makefile", "-o", "pipeline.yaml"]).exits(2).stderr;
    assert!(again.contains("pipeline.yaml is there already") && again.contains("--force"), "{again}");
    project.run(["import", "Makefile", "-o", "pipeline.yaml", "--force"]).exits(0);
}

const SNAKEFILE: &str = "\
# What is wanted.
SAMPLES = [\"a\", \"b\"]
configfile: \"config.yaml\"

rule all:
    input:
        \"out/report.txt\",
        expand(\"out/{sample}.count\", sample=SAMPLES),

rule sort:
    \"\"\"Sorts one sample.\"\"\"
    input: \"raw/{sample}.txt\"
    output: sorted=temp(\"out/{sample}.sorted\")
    params: flags=\"-n\"
    threads: 2
    shell: \"sort {params.flags} --parallel={threads} {input} > {output.sorted}\"

rule count:
    input: rules.sort.output
    output: \"out/{sample}.count\"
    log: \"logs/{sample}.log\"
    resources: mem_mb=100
    shell:
        \"wc -l < {input[0]} \"
        \"> {output}  # {wildcards.sample}\"

rule report:
    input: all=expand(\"out/{s}.count\", s=SAMPLES), extra=\"note.txt\"
    output: \"out/report.txt\"
    shell:
        \"\"\"
        cat {input.all} {input.extra} > {output}
        awk '{{print $1}}' {output} > /dev/null
        \"\"\"

rule plot:
    input: \"out/report.txt\"
    output: \"out/plot.png\"
    script: \"plot.py\"

rule unused:
    output: \"unused.txt\"
    shell: \"touch {output}\"

def later(wildcards):
    return 1
";

#[test]
fn a_snakefile_becomes_what_its_first_rule_needs() {
    let project = Project::new()
        .file("Snakefile", SNAKEFILE)
        .file("raw/a.txt", "10\n9\n")
        .file("raw/b.txt", "2\n1\n3\n")
        .file("note.txt", "done\n");
    let told = project.run(["import", "Snakefile"]).exits(0);
    assert_snapshot!(told.stderr, @r"
    warning Snakefile:3: `configfile` is left out
    warning Snakefile:15: `threads` of `sort` keeps no processors free: `pool` does
    warning Snakefile:22: `resources` of `count` is left out
    warning Snakefile:39: the rule `plot` is left out: `script` is not translated: write it as a command
    warning Snakefile:41: the rule `unused` is left out, for `all` does not need it: a run makes all that is in the pipeline
    warning Snakefile:45: `def later(wildcards):` is left out: Python is not translated
    ");
    assert_snapshot!(told.stdout, @r"
    # Imported from snakemake.
    version: 1
    name: project

    tasks:
      sort_a:
        type: command
        run: |
          mkdir -p out
          sort -n --parallel=2 raw/a.txt > out/a.sorted
        shell: bash
        inputs: {raw_a_txt: raw/a.txt}
        outputs: {out_a_sorted: out/a.sorted}
      count_a:
        type: command
        run: |
          mkdir -p logs out
          wc -l < out/a.sorted > out/a.count  # a
        shell: bash
        inputs: {out_a_sorted: out/a.sorted}
        outputs: {out_a_count: out/a.count}
      sort_b:
        type: command
        run: |
          mkdir -p out
          sort -n --parallel=2 raw/b.txt > out/b.sorted
        shell: bash
        inputs: {raw_b_txt: raw/b.txt}
        outputs: {out_b_sorted: out/b.sorted}
      count_b:
        type: command
        run: |
          mkdir -p logs out
          wc -l < out/b.sorted > out/b.count  # b
        shell: bash
        inputs: {out_b_sorted: out/b.sorted}
        outputs: {out_b_count: out/b.count}
      report:
        type: command
        run: |
          mkdir -p out
          cat out/a.count out/b.count note.txt > out/report.txt
          awk '{print $1}' out/report.txt > /dev/null
        shell: bash
        inputs: {out_a_count: out/a.count, out_b_count: out/b.count, note_txt: note.txt}
        outputs: {out_report_txt: out/report.txt}
    ");
    project.run(["import", "Snakefile", "-o", "pipeline.yaml"]).exits(0);
    let mut run = project.command(["run"]);
    let child = run.env("PATH", std::env::var_os("PATH").unwrap_or_default()).stderr(std::process::Stdio::piped());
    project.wait(child.spawn().expect("the binary starts")).exits(0);
    assert_eq!(project.read("out/report.txt"), "2\n3\ndone\n");
    assert_eq!(project.read("out/a.sorted"), "9\n10\n");
}

#[test]
fn a_text_within_the_command_of_a_snakefile_keeps_its_lines() {
    let text = "\
rule k:
    output: 'o/k.yml'
    log: 'lg/k.log'
    shell: '''
        cat <<E > {output} 2> {log}
        key:
          sub: 1

        E
    '''
";
    let project = Project::new().file("Snakefile", text);
    project.run(["import", "Snakefile", "-o", "pipeline.yaml"]).exits(0);
    project.run(["run"]).exits(0);
    assert_eq!(project.read("o/k.yml"), "key:\n  sub: 1\n\n");
}

#[test]
fn what_a_snakefile_has_in_python_is_told() {
    let text = "\
rule all:
    input: 'a.txt', 'b.txt', 'c.txt'
rule a:
    input: lambda wildcards: 'x'
    output: 'a.txt'
    shell: 'touch {output}'
rule b:
    output: 'b.txt'
    run: print('x')
rule c:
    input: 'd.txt'
    output: 'c.txt'
    shell: 'cp {input} {output} {params.x}'
rule d:
    input: 'c.txt'
    output: 'd.txt'
    shell: 'cp {input} {output}'
";
    assert_snapshot!(imported("Snakefile", text), @r"
    warning Snakefile:4: the rule `a` is left out: `lambda wildcards: 'x'` is Python, which is not translated
    warning Snakefile:9: the rule `b` is left out: `run` is not translated: write it as a command
    warning Snakefile:10: the rule `c` is left out: `{params.x}` is not translated

    # Imported from snakemake.
    version: 1
    name: project

    tasks:
      d:
        type: command
        run: cp c.txt d.txt
        shell: bash
        inputs: {c_txt: c.txt}
        outputs: {d_txt: d.txt}
    ");
    let all = Project::new().file("a.smk", "rule one:\n    output: '{x}.txt'\n    shell: 'touch {output}'\n");
    assert_snapshot!(all.run(["import", "a.smk"]).exits(2).stderr, @r"
    warning a.smk:1: the first rule, `one`, has wildcards: nothing says which files are wanted
    error: a.smk has nothing that could become a task
      help: `--from` says whose file it is: make, dvc, snakemake, cron or dagu
    ");
}

#[test]
fn stages_of_dvc_become_commands() {
    let stages = "\
stages:
  prepare:
    cmd: tr a-z A-Z < raw.txt > data.txt
    deps: [raw.txt]
    outs: [{data.txt: {cache: false}}]
  count:
    cmd: [wc -c data.txt > count.txt, cat count.txt]
    deps: [data.txt]
    params: [train.x]
    metrics: [count.txt]
    frozen: true
  each: {foreach: [a, b], do: {cmd: 'echo ${item}'}}
";
    assert_snapshot!(imported("dvc.yaml", stages), @r#"
warning dvc.yaml:9: each change of the parameters' files runs `count`: there, only of the keys named
warning dvc.yaml:11: `frozen` of `count` is left out
warning dvc.yaml:12: the stage `each` is left out: write it as a command with `foreach`

# Imported from dvc.
version: 1
name: project

tasks:
  prepare:
    type: command
    run: tr a-z A-Z < raw.txt > data.txt
    inputs: {raw_txt: raw.txt}
    outputs: {data_txt: data.txt}
  count:
    type: command
    run: |
      wc -c data.txt > count.txt
      cat count.txt
    inputs: {data_txt: data.txt, params_yaml: params.yaml}
    outputs: {count_txt: count.txt}
"#);
    let project = Project::new().file("dvc.yaml", stages).file("raw.txt", "hello").file("params.yaml", "train: {x: 1}");
    project.run(["import", "dvc.yaml", "-o", "pipeline.yaml"]).exits(0);
    project.run(["run"]).exits(0);
    assert_eq!(project.read("data.txt"), "HELLO");
    assert!(project.read("count.txt").contains('5'));
}

#[test]
fn a_crontab_of_one_time_becomes_a_schedule_and_of_several_is_told() {
    let one = "MAILTO=me@x\nLEVEL=3\n30 2 * * * /opt/backup.sh --all\n30 2 * * * cd /srv && ./clean.sh\n30 2 * * * /opt/backup.sh\n";
    assert_snapshot!(imported("crontab", one), @r#"
warning crontab:1: `MAILTO` is left out: an `email` task under `on_failure` sends mail
warning crontab:3: cron has the machine's time, a pipeline UTC: `timezone` says another

# Imported from cron.
version: 1
name: project

schedule:
  cron: "30 2 * * *"
env: {LEVEL: "3"}

tasks:
  backup:
    type: command
    run: /opt/backup.sh --all
  clean:
    type: command
    run: "cd /srv && ./clean.sh"
  backup_2:
    type: command
    run: /opt/backup.sh
"#);
    let several = "CRON_TZ=Europe/Berlin\n@daily /bin/true\n5 4 * * sun /bin/echo a % b\n*/5 * * * * /bin/echo hi\nwhat is this\n";
    assert_snapshot!(imported("my.cron", several), @r#"
warning my.cron:2: it runs at `0 0 * * *`, others at other times: a pipeline has one schedule; import them apart
warning my.cron:3: `%` stands for a line break there, and what follows the first is the input: left out
warning my.cron:4: it runs at `*/5 * * * *`, others at other times: a pipeline has one schedule; import them apart
warning my.cron:5: this is no line of a crontab: left out

# Imported from cron.
version: 1
name: project

tasks:
  t_true:
    type: command
    run: /bin/true
  echo:
    type: command
    run: /bin/echo hi
"#);
}

#[test]
fn steps_of_dagu_become_commands() {
    let steps = "\
name: etl
schedule: CRON_TZ=Europe/Berlin 0 3 * * *
env: [{DIR: /tmp}]
params: DATE=2024 N=3
steps:
  - name: extract
    command: echo extract $DATE
    retryPolicy: {limit: 2, intervalSec: 5}
  - name: load it
    command: echo
    args: [load, \"$DIR\"]
    depends: [extract]
    continueOn: {failure: true}
";
    assert_snapshot!(imported("etl.yaml", steps), @r#"
warning etl.yaml:4: parameters have become variables in `env`: declare `params` and write `${{ params.x }}` to set them in a run
warning etl.yaml:13: `continueOn` of `load it` is left out

# Imported from dagu.
version: 1
name: etl

schedule:
  cron: "0 3 * * *"
  timezone: Europe/Berlin
env: {DIR: /tmp, DATE: "2024", "N": "3"}

tasks:
  extract:
    type: command
    run: echo extract $DATE
    retries: {max: 2, delay: 5s}
  load_it:
    type: command
    run: echo load $DIR
    depends_on: [extract]
"#);
}

#[test]
fn what_cannot_be_read_is_said() {
    let project = Project::new().file("notes.txt", "hello\n").file("dvc.yaml", "stages: [\n").file("Makefile", "\n");
    let unknown = project.run(["import", "notes.txt"]).exits(2).stderr;
    assert!(unknown.contains("it is not known whose file notes.txt is"), "{unknown}");
    let tool = project.run(["import", "notes.txt", "--from", "ant"]).exits(2).stderr;
    assert!(tool.contains("`ant` is not a tool whose files are read"), "{tool}");
    let broken = project.run(["import", "dvc.yaml"]).exits(2).stderr;
    assert!(broken.contains("dvc.yaml is no YAML"), "{broken}");
    let empty = project.run(["import", "Makefile"]).exits(2).stderr;
    assert!(empty.contains("Makefile has nothing that could become a task"), "{empty}");
    let gone = project.run(["import", "gone"]).exits(2).stderr;
    assert!(gone.contains("cannot read gone"), "{gone}");
}

#[test]
fn circles_and_names_that_occur_twice_make_a_sound_pipeline() {
    for (file, text, said) in [
        ("Makefile", "a: b\nb: a\n\ttouch b\nc d &: b\n\ttouch c d\n", "`&:` is left out"),
        ("d.yaml", "steps:\n - {name: a, command: x}\n - {name: a, command: y, depends: a}\n", ""),
        ("Makefile", "all: x\nx:\n\techo $(shell ls)\ny: x\n\ttouch y\n", "`$(shell ls)` is not translated"),
    ] {
        let project = Project::new().file(file, text);
        let told = project.command(["import", file, "-o", "pipeline.yaml"]).output().expect("the binary starts");
        let told_text = String::from_utf8_lossy(&told.stderr);
        assert!(told_text.contains(said), "{told_text}");
        if told.status.success() {
            project.run(["check"]).exits(0);
        }
    }
}

/// A Makefile, what its pipeline must hold, and what must be said of it.
#[test]
fn what_make_means_is_kept_or_told() {
    for (text, held, said) in [
        ("out/a:\n\tmkdir -p out && echo 1 > out/a\n", "outputs: {out_a: out/a}", ""),
        ("SHELL := /bin/bash\n.SHELLFLAGS = -c\na:\n\techo 1 > a\n", "shell: bash", "`.SHELLFLAGS` is left out"),
        ("x:\n\techo x > x\ny:\n\techo y > y\n.DEFAULT_GOAL := y\n", "echo y > y", "`x` is left out, for `y`"),
        ("a: V = 1\na:\n\techo 1 > a\n", "echo 1 > a", "a variable of `a` alone is left out"),
        ("o/a: b\n\tmkdir -p $(@D) && cp $(<F) $@\n", "mkdir -p o && cp b o/a", ""),
        (".PHONY: b\nB: b.txt b\n\tcp b.txt B\nb:\n\ttouch b.txt\n", "depends_on: [b]", ""),
    ] {
        let project = Project::new().file("Makefile", text).file("b", "").file("b.txt", "");
        let told = project.run(["import", "Makefile", "-o", "pipeline.yaml"]).exits(0).stderr;
        assert!(told.contains(said), "{said}: {told}");
        let pipeline = project.read("pipeline.yaml");
        assert!(pipeline.contains(held) && !pipeline.contains("V ="), "{held}: {pipeline}");
        project.run(["check"]).exits(0);
        project.run(["run"]).exits(0);
    }
}

#[test]
fn a_chain_of_many_rules_is_followed() {
    let rules: String = (0..60_000).map(|at| format!("t{at}: t{}\n\ttouch t{at}\n", at + 1)).collect();
    let project = Project::new().file("Makefile", format!("{rules}t60000:\n\ttouch t60000\n"));
    let told = project.run(["import", "Makefile", "-o", "pipeline.yaml"]).exits(0).stderr;
    assert!(told.contains("60001 tasks") || told.contains("60,001 tasks"), "{told}");
}

#[test]
fn what_dvc_dagu_and_cron_mean_is_kept_or_told() {
    let params = "stages:\n  a: {cmd: echo, deps: [x], params: [seed, t.yaml: [lr]]}\n  b: {deps: [x]}\n";
    let told = imported("dvc.yaml", params);
    assert!(told.contains("params_yaml: params.yaml, t_yaml: t.yaml"), "{told}");
    assert!(told.contains("the stage `b` has no `cmd`: left out"), "{told}");
    let both = imported("d.yaml", "steps:\n  - name: a\n    command: python3\n    script: print(1)\n");
    assert!(both.contains("run: python3\n") && both.contains("`script` of `a` is left out"), "{both}");
    let twice = imported("my.cron", "A=1\n0 1 * * * /bin/x\nA=2\n0 1 * * * /bin/y\n");
    assert!(twice.contains("    run: /bin/x\n    env: {A: \"1\"}"), "{twice}");
    assert!(twice.contains("    run: /bin/y\n    env: {A: \"2\"}"), "{twice}");
}

#[test]
fn an_input_with_the_name_of_another_task_is_the_file() {
    let steps = "stages:\n  raw: {cmd: echo 1 > other.txt, outs: [other.txt]}\n  b: {cmd: cp raw b.txt, deps: [raw], outs: [b.txt]}\n";
    let project = Project::new().file("dvc.yaml", steps).file("raw", "x");
    project.run(["import", "dvc.yaml", "-o", "pipeline.yaml"]).exits(0);
    assert!(project.read("pipeline.yaml").contains("inputs: {raw: ./raw}"));
    project.run(["run"]).exits(0);
    assert_eq!(project.read("b.txt"), "x");
}

#[test]
fn no_file_ends_it() {
    let words =
        ["$(", "${", "$", ":", "=", "\t", "\\\n", "%", "steps:", "* * * * *", "@daily", "ifeq", "- ", "stages:"];
    for tool in ["make", "dvc", "cron", "dagu"] {
        let project = Project::new();
        let grammar = tidemill_fuzz::Grammar { seeds: &[MAKEFILE.as_bytes()], words: &words, nests: &[("$(", ")")] };
        let mut random = tidemill_fuzz::Random::new(6);
        for _ in 0..25 {
            let spoiled = tidemill_fuzz::Mutator::new(&grammar, &mut random).input();
            let project = &project;
            std::fs::write(project.root().join("x"), String::from_utf8_lossy(&spoiled).as_bytes()).expect("it is ours");
            let output = project.command(["import", "x", "--from", tool]).output().expect("the binary starts");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(0 | 2)), "{tool}: {:?} {said}", output.status);
        }
    }
}
