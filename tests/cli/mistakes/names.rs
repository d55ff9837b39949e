//! Names in `${{ }}` and on the command line that nothing has.

use super::{check, shop};

#[test]
fn in_interpolations() {
    insta::assert_snapshot!(check(
        "
        version: 1
        params: {data_dir: data, limit: 10}
        secrets: [TOKEN]
        tasks:
          orders:
            type: load
            path: ${{ params.data_dri }}/orders.csv
          products:
            type: load
            path: ${{ parms.data_dir }}/products.csv
          clean:
            type: normalize
            from: orders
            derive: {small: 'amount < ${{ params.limt }}'}
            when: ${{ tasks.ordres.rows > 1 and tasks.products.rows > 0 and tasks.orders.rwos > 1 }}
          each: {type: load, path: '${{ item }}.csv'}
          letter:
            type: email
            to: [a@example.com]
            subject: ${{ run.dat }} ${{ secrets.TOKN }} ${{ env.HOEM }}
            body: ${{ params.data_dir }} ${{ tasks.orders.rows }}
        "
    ), @r"
    error: unknown parameter `data_dri`
     --> pipeline.yaml:7:22
      |
    7 |     path: ${{ params.data_dri }}/orders.csv
      |                      ^^^^^^^^
      |
      = help: did you mean `data_dir`?

    error: unknown name `parms`
      --> pipeline.yaml:10:15
       |
    10 |     path: ${{ parms.data_dir }}/products.csv
       |               ^^^^^
       |
       = help: did you mean `params`?

    error: unknown parameter `limt`
      --> pipeline.yaml:14:42
       |
    14 |     derive: {small: 'amount < ${{ params.limt }}'}
       |                                          ^^^^
       |
       = help: did you mean `limit`?

    error: unknown name `item`
      --> pipeline.yaml:16:33
       |
    16 |   each: {type: load, path: '${{ item }}.csv'}
       |                                 ^^^^
       |
       = help: `item` is known only in a task with `foreach`

    error: the secret `TOKN` is not declared
      --> pipeline.yaml:20:41
       |
    20 |     subject: ${{ run.dat }} ${{ secrets.TOKN }} ${{ env.HOEM }}
       |                                         ^^^^
       |
       = help: did you mean `TOKEN`?

    error: the environment has no `HOEM`
      --> pipeline.yaml:20:57
       |
    20 |     subject: ${{ run.dat }} ${{ secrets.TOKN }} ${{ env.HOEM }}
       |                                                         ^^^^
       |
       = help: declare it under `env:`, or set it before you start

    6 errors
    ");
}

#[test]
fn that_cannot_be_read() {
    insta::assert_snapshot!(check(
        "
        version: 1
        params: {data_dir: data}
        tasks:
          orders: {type: load, path: '${{ params. }}/orders.csv'}
          products: {type: load, path: '${{ params.data_dir /products.csv'}
          countries: {type: load, path: '${{ params.data_dir | uper }}/countries.csv'}
          letter: {type: email, to: [a@example.com], subject: '${{ 1 + }}', body: x}
        "
    ), @r"
    error: in `${{ }}`: unexpected end of input, expected identifier or integer
     --> pipeline.yaml:4:41
      |
    4 |   orders: {type: load, path: '${{ params. }}/orders.csv'}
      |                                         ^

    error: `${{` is never closed
     --> pipeline.yaml:5:33
      |
    5 |   products: {type: load, path: '${{ params.data_dir /products.csv'}
      |                                 ^^^ opened here
      |
      = help: close it with `}}`, or write `$${{` for a literal `${{`

    error: in `${{ }}`: there is no filter `uper`
     --> pipeline.yaml:6:56
      |
    6 |   countries: {type: load, path: '${{ params.data_dir | uper }}/countries.csv'}
      |                                                        ^^^^
      |
      = help: did you mean `upper`?

    error: in `${{ }}`: unexpected end of input, expected expression
     --> pipeline.yaml:7:62
      |
    7 |   letter: {type: email, to: [a@example.com], subject: '${{ 1 + }}', body: x}
      |                                                              ^

    4 errors
    ");
}

#[test]
fn in_templates() {
    let project = shop()
        .file(
            "a.md",
            "{% for row in inputs.ordrs %}\n- ${{ row.id }}, ${{ rov.day }}\n{% endfor %}\n${{ tasks.orders.rwos }} ${{ params.x }}\n",
        )
        .pipeline(
            "
            version: 1
            tasks:
              orders: {type: load, path: data/orders.csv}
              text: {type: report, template: a.md, inputs: {orders: orders}, output: outputs/a.md}
            ",
        );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: unknown input `ordrs`
     --> a.md:1:22
      |
    1 | {% for row in inputs.ordrs %}
      |                      ^^^^^
      |
      = help: did you mean `orders`?

    error: unknown name `rov`
     --> a.md:2:22
      |
    2 | - ${{ row.id }}, ${{ rov.day }}
      |                      ^^^
      |
      = help: there is `run`, `params`, `env`, `inputs`, `tasks`

    error: a task has no `rwos`
     --> a.md:4:18
      |
    4 | ${{ tasks.orders.rwos }} ${{ params.x }}
      |                  ^^^^
      |
      = help: did you mean `rows`?

    error: unknown parameter `x`
     --> a.md:4:37
      |
    4 | ${{ tasks.orders.rwos }} ${{ params.x }}
      |                                     ^

    4 errors
    ");
}

#[test]
fn inside_quotes_of_an_expression() {
    insta::assert_snapshot!(check(
        "
        version: 1
        params: {country: FR}
        tasks:
          orders: {type: load, path: data/orders.csv}
          french:
            type: normalize
            from: orders
            derive: {is_french: \"country = '${{ params.country }}'\"}
        "
    ), @r#"
    error: `${{ }}` stands inside SQL quotes
     --> pipeline.yaml:8:37
      |
    8 |     derive: {is_french: "country = '${{ params.country }}'"}
      |                                     ^^^^^^^^^^^^^^^^^^^^^
      |
      = help: leave the quotes out: the value becomes a literal by itself

    1 error
    "#);
}

const ORDERS: &str = "version: 1\nparams: {limit: {type: int, default: 3, min: 1, max: 9}, region: {type: string, enum: [west, east], default: west}}\ntasks:\n  orders: {type: load, path: data/orders.csv}\n  order_lines: {type: load, path: data/orders.csv, tags: [raw]}\n";

#[test]
fn selectors() {
    let project = shop().pipeline(ORDERS);
    insta::assert_snapshot!(project.run(["run", "order"]).exits(2).stderr, @r"
    error: no task matches `order`
      help: did you mean `orders`?
    ");
    insta::assert_snapshot!(project.run(["plan", "nothing+"]).exits(2).stderr, @r"
    error: no task matches `nothing`
      help: there is `order_lines`, `orders`
    ");
    insta::assert_snapshot!(project.run(["plan", "tag:row"]).exits(2).stderr, @r"
    error: no task matches `tag:row`
      help: did you mean `tag:raw`?
    ");
    insta::assert_snapshot!(project.run(["plan", "tga:raw"]).exits(2).stderr, @r"
    error: unknown selector method `tga:`
      help: there is `tag:`, `type:`, `result:` and `state:`
    ");
    insta::assert_snapshot!(project.run(["plan", "type:laod"]).exits(2).stderr, @r"
    error: no task matches `type:laod`
      help: did you mean `type:load`?
    ");
    insta::assert_snapshot!(project.run(["plan", "a,,b"]).exits(2).stderr, @r"
    error: no task matches `a`
      help: there is `order_lines`, `orders`
    ");
    insta::assert_snapshot!(project.run(["run", "--exclude", "ordrs"]).exits(2).stderr, @r"
    error: no task matches `ordrs`
      help: did you mean `orders`?
    ");
}

#[test]
fn parameters_on_the_command_line() {
    let project = shop().pipeline(ORDERS);
    insta::assert_snapshot!(project.run(["check", "-p", "limt=3"]).exits(2).stderr, @r"
    error: `-p limt=…`: unknown parameter `limt`
     |
     = help: did you mean `limit`?

    1 error
    ");
    insta::assert_snapshot!(project.run(["check", "-p", "limit=many"]).exits(2).stderr, @r"
    error: the parameter `limit` is a whole number, found the text `many`
     --> -p limit:1:1
      |
    1 | many
      | ^^^^

    1 error
    ");
    insta::assert_snapshot!(project.run(["check", "-p", "limit=12"]).exits(2).stderr, @r"
    error: 12 is too large for the parameter `limit`: its greatest value is 9
     --> -p limit:1:1
      |
    1 | 12
      | ^^

    1 error
    ");
    insta::assert_snapshot!(project.run(["check", "-p", "region=north"]).exits(2).stderr, @r"
    error: `north` is not a value of the parameter `region`
     --> -p region:1:1
      |
    1 | north
      | ^^^^^
      |
      = help: there is `west`, `east`

    1 error
    ");
    insta::assert_snapshot!(project.run(["check", "-p", "region"]).exits(2).stderr, @r"
    error: `-p region` is not NAME=VALUE
      help: write `-p top_n=20`
    ");
    insta::assert_snapshot!(project.run(["check", "-p", "limit=[1"]).exits(2).stderr, @r"
    error: not valid YAML: unclosed bracket '['
     --> -p limit:1:1
      |
    1 | [1
      | ^

    1 error
    ");
    insta::assert_snapshot!(project.run(["check", "--params-file", "none.yaml"]).exits(2).stderr, @r"
    error: cannot read the parameters from `none.yaml`: No such file or directory (os error 2)

    1 error
    ");
    insta::assert_snapshot!(project.run(["check", "--profile", "prod"]).exits(2).stderr, @r"
    error: unknown profile `prod`
     |
     = help: the pipeline has no `profiles`

    1 error
    ");
}

#[test]
fn a_parameters_file_with_mistakes() {
    let project = shop().pipeline(ORDERS).file("params.yaml", "limit: 10\nregoin: west\n");
    insta::assert_snapshot!(project.run(["check", "--params-file", "params.yaml"]).exits(2).stderr, @r"
    error: 10 is too large for the parameter `limit`: its greatest value is 9
     --> params.yaml:1:8
      |
    1 | limit: 10
      |        ^^

    error: unknown parameter `regoin`
     --> params.yaml:2:1
      |
    2 | regoin: west
      | ^^^^^^
      |
      = help: did you mean `region`?

    2 errors
    ");
}

#[test]
fn a_parameter_without_a_value() {
    insta::assert_snapshot!(check(
        "
        version: 1
        params: {data_dir: {type: string}}
        tasks:
          orders: {type: load, path: '${{ params.data_dir }}/orders.csv'}
        "
    ), @r"
    error: the parameter `data_dir` has no value
     --> pipeline.yaml:2:10
      |
    2 | params: {data_dir: {type: string}}
      |          ^^^^^^^^ it has no default
      |
      = help: give it one with `-p data_dir=…`

    1 error
    ");
}

#[test]
fn the_command_line() {
    let project = shop().pipeline(ORDERS);
    insta::assert_snapshot!(project.run(["rnu"]).exits(2).stderr, @r"
    error: unrecognized subcommand 'rnu'

    Usage: tidemill [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(project.run(["run", "--job", "2"]).exits(2).stderr, @r"
    error: unexpected argument '--job' found

      tip: a similar argument exists: '--jobs'

    Usage: tidemill run --jobs <N> [SELECTOR]...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(project.run(["run", "-j", "0"]).exits(2).stderr, @r"
    error: invalid value '0' for '--jobs <N>': 0 is not in 1..=65535

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(project.run(["graph", "--format", "png"]).exits(2).stderr, @r"
    error: invalid value 'png' for '--format <FORMAT>'
      [possible values: ascii, dot, mermaid, svg, html, json]

    For more information, try '--help'.
    ");
}
