//! Databases that cannot be used: the connection is named, what is wrong is said, and no secret.

use super::shop::{ORDERS, Shop};

const REST: &str = "
        tasks:
          orders: {type: load, connection: shop, table: orders, columns: {id: int}, output: {connection: mart, table: o, create: true}}
        ";

#[test]
fn a_secret_that_is_not_set_is_named() {
    let Some(shop) = Shop::new(ORDERS, REST) else { return };
    std::fs::remove_file(shop.project.root().join(".env")).expect("it is there");
    for arguments in [["check"], ["run"], ["plan"]] {
        let told = shop.run(arguments).exits(2).stderr;
        assert!(told.contains("connection `shop` needs the secret DB_URL, which is not set"), "{told}");
    }
}

#[test]
fn servers_that_refuse_are_told_by_the_connection() {
    let Some(shop) = Shop::new(ORDERS, REST) else { return };
    let url = shop.server.url(&shop.database);
    let user = url.replace("owner:", "nobody:");
    let nowhere = url.replace(&format!(":{}/", shop.server.port()), ":1/");
    let cases = [
        (nowhere.clone(), "connection `shop` has no server listening at localhost:1"),
        (user, "connection `shop` refuses the password of user nobody"),
        (format!("{url}x"), "connection `shop` has no database"),
        (format!("{url}?sslmode=verify-full"), "connection `shop`"),
    ];
    let mut shop = shop;
    for (url, told) in cases {
        shop = shop.secret(&url);
        for arguments in [&["check"][..], &["run"], &["plan", "-v"], &["doctor"]] {
            let mut command = shop.project.command([]);
            command.args(arguments);
            let outcome = shop.finish(command);
            let said = format!("{}{}", outcome.stdout, outcome.stderr);
            if arguments != ["doctor"] {
                assert!(said.contains(told), "{told}: {said}");
            }
        }
    }
}

#[test]
fn a_failure_in_the_run_leaves_no_secret() {
    let sql = format!("{ORDERS} create table bad (at date); insert into bad values ('infinity')");
    let rest = "
        tasks:
          bad: {type: load, connection: shop, table: bad}
          none: {type: load, connection: shop, query: 'select 1 / (id - 1) as n from orders'}
        ";
    let Some(shop) = Shop::new(&sql, rest) else { return };
    let failed = shop.run(["run", "--keep-going", "--log-format", "json"]).exits(1).stderr;
    assert!(failed.contains("connection `shop`") && failed.contains("division by zero"), "{failed}");
    assert!(failed.contains("`at`") && failed.contains("infinity"), "{failed}");
    for arguments in [["show"], ["history"], ["status"]] {
        shop.run(arguments);
    }
}
