//! A pipeline that begins with a database.

use crate::project::Project;

use super::shop::Shop;

#[test]
fn the_pipeline_of_a_database_runs() {
    let sql = "create table orders (id int primary key, day date not null, note jsonb);
        create table lines (id int references orders, no int, amount numeric(12,2), raw bytea, primary key (id, no));
        insert into orders values (1, '2024-01-01', '{}'), (2, '2024-01-02', null);
        insert into lines values (1, 1, 1.5, '\\x00'), (2, 1, 2.5, null)";
    let Some(shop) = Shop::with(Project::new(), sql) else { return };
    let url = shop.server.url(&shop.database);
    shop.run(["init", "--from", &url, "begun"]).exits(0);
    insta::assert_snapshot!(shop.project.read("begun/pipeline.yaml"), @r#"
    version: 1
    name: my-pipeline

    secrets: [SOURCE_URL]
    dotenv: .env

    connections:
      source: ${{ secrets.SOURCE_URL }}

    tasks:
      lines:
        type: load
        connection: source
        table: public.lines
        columns:
          id: int
          "no": int
          amount: "decimal(12,2)"
          # raw is of type bytea
        checks:
          - unique: [id, "no"]
          - not_null: [id, "no"]
          - relationship: {id: orders.id}

      orders:
        type: load
        connection: source
        table: public.orders
        columns:
          id: int
          day: date
          note: string
        checks:
          - unique: [id]
          - not_null: [id, day]
    "#);
    shop.run(["-C", "begun", "check"]).exits(0);
    let told = shop.run(["-C", "begun", "run"]).exits(0).stderr;
    assert!(told.contains("done    orders  2 rows") && told.contains("done    lines  2 rows"), "{told}");
}
