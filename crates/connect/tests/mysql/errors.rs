//! What goes wrong is told with what to do, and without secrets.

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind as Kind, DatabaseSource};
use tidemill_core::spec::{SqlHole, SqlText};
use tidemill_core::table::{Schema, Value};
use tidemill_test_servers::MariaDb;

use crate::shop::{fresh, open, query, read, server, texts};
use crate::writing::{Asked, ints, table, write};

fn told(error: &ConnectionError, kind: Kind, part: &str) {
    let whole = format!("{error} {}", error.help.clone().unwrap_or_default());
    assert_eq!(error.kind, kind, "{whole}");
    assert!(whole.contains(part), "{whole}");
    assert!(error.help.is_some() && !whole.contains("sesame"), "{whole}");
}

#[test]
fn a_server_that_cannot_be_reached_or_refuses_is_told() {
    let Some(server) = server() else { return };
    let probe = |url: &str| open(url, &[]).probe().expect_err("it is refused");
    let url = server.url();
    told(&probe(&url.replace("sesame", "wrong")), Kind::Refused, "refused user tidemill with that password");
    told(&probe(&url.replace("/shop", "/shopp")), Kind::Missing, "Unknown database 'shopp'");
    told(&probe("mysql://tidemill:sesame@no.such.host.invalid/shop"), Kind::Unreachable, "nobody knows");
    told(&probe("mysql://tidemill:sesame@127.0.0.1:1/shop"), Kind::Unreachable, "nobody listening at 127.0.0.1:1");
    let ca = server.authority().file();
    let secured = |mode: &str| format!("{url}?ssl-mode={mode}&ssl-ca={}", ca.display());
    assert!(open(&secured("verify_identity"), &[]).probe().expect("it is vouched for").ends_with("over TLS"));
    assert!(open(&secured("verify_ca"), &[]).probe().is_ok());
    told(&probe(&format!("{url}?ssl-mode=verify_identity")), Kind::Refused, "no known authority vouches for");
    let socket = format!("mysql://tidemill:sesame@localhost/shop?socket={}", server.socket().display());
    assert!(open(&socket, &[]).probe().expect("the socket is there").ends_with("without TLS"));
}

#[test]
fn certificates_that_have_expired_or_are_of_others_are_told() {
    let Some(server) = server() else { return };
    let folder = server.socket().parent().expect("it lies in a folder").to_owned();
    for (file, name, expired, part) in [
        ("old", "127.0.0.1", true, "expired certificate"),
        ("other", "db.example", false, "certificate of another name"),
    ] {
        let issued = server.authority().issue(file, &[name], expired).expect("certificates can be made");
        let arguments = [
            format!("--ssl-cert={}", issued.certificate.display()),
            format!("--ssl-key={}", issued.key.display()),
            format!("--ssl-ca={}", server.authority().file().display()),
        ];
        let Some(second) = MariaDb::start_with(&arguments.each_ref().map(String::as_str)) else { return };
        let url = format!("{}?ssl-ca={}", second.url(), folder.join("ca.pem").display());
        told(&open(&url, &[]).probe().expect_err("it is not trusted"), Kind::Refused, part);
        let by_authority = open(&format!("{url}&ssl-mode=verify_ca"), &[]).probe();
        assert_eq!(
            by_authority.is_ok(),
            !expired,
            "who only asks the authority does not ask for the name: {by_authority:?}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_source_is_told() {
    let Some(server) = server() else { return };
    let url = fresh(&server, "wrong");
    server.sql("create table wrong.orders (id int); create or replace user poor@'%' identified by 'sesame'");
    server.sql("grant select on wrong.* to poor@'%'; create table if not exists shop.closed (id int)");
    let database = open(&url, &[]);
    let describe =
        |sql: &str| database.describe(DatabaseSource::Query(&query(sql)), &NEVER_CANCELLED).expect_err("it is wrong");
    told(&describe("selec 1"), Kind::Query, "a syntax error near 'selec 1' at line 1");
    told(&describe("select idd from orders"), Kind::Query, "idd");
    told(&describe("select id, id from orders"), Kind::Query, "gives column `id` twice");
    told(&describe("delete from orders"), Kind::Query, "gives no rows");
    let error = read(&*database, DatabaseSource::Table("order")).expect_err("it is not there");
    told(&error, Kind::Missing, "did you mean `orders`?");
    let gone: Schema = [("idd", tidemill_core::table::DataType::Int)].into_iter().collect();
    let error = database.read(DatabaseSource::Query(&query("select id from orders")), &gone, &NEVER_CANCELLED).err();
    told(&error.expect("it is not there"), Kind::Missing, "is it `id` now?");
    let poor = open(&url.replace("tidemill:", "poor:"), &[]);
    told(&read(&*poor, DatabaseSource::Table("shop.closed")).expect_err("it may not"), Kind::Refused, "lacks a right");
}

#[test]
fn a_server_that_only_gives_is_told_when_it_is_to_take() {
    let Some(server) = MariaDb::start_with(&["--read-only"]) else { return };
    server.sql("create table shop.t (id int) engine=InnoDB; create user reader@'%' identified by 'sesame'");
    server.sql("grant select, insert, update, delete, create on shop.* to reader@'%'");
    let database = open(&server.url().replace("tidemill:", "reader:"), &[]);
    let rows = table(vec![("id", ints(&[1]))]);
    let error = write(&*database, &rows, &Asked::default()).expect_err("it is read-only");
    told(&error, Kind::Refused, "is read-only");
}

#[test]
fn parameters_are_bound() {
    let Some(server) = server() else { return };
    let url = fresh(&server, "bound");
    server.sql("create table bound.p (id int, price decimal(30,10), day date)");
    server.sql("insert into bound.p values (1, 0.1, '2024-01-01'), (2, 12345678901234567890.0000000001, '2024-01-02')");
    let database = open(&url, &[]);
    let with = |text: &str, holes: Vec<SqlHole>| {
        let text = SqlText { raw: text.to_owned(), text: text.to_owned(), holes, ..SqlText::default() };
        read(&*database, DatabaseSource::Query(&text)).map(|table| texts(&table, "id"))
    };
    let many = |values: &[i64]| SqlHole::Many(values.iter().map(|value| Value::Int(*value)).collect());
    assert_eq!(with("select id from p where id in $1", vec![many(&[2, 3])]), Ok(vec!["2".to_owned()]));
    assert_eq!(with("select id from p where id in ($1)", vec![many(&[1])]), Ok(vec!["1".to_owned()]));
    assert_eq!(with("select id from p where id in $1", vec![many(&[])]), Ok(Vec::new()));
    assert_eq!(with("select id from p where id not in $1 order by id", vec![many(&[])]).map(|ids| ids.len()), Ok(2));
    let price = SqlHole::One(Value::Decimal { unscaled: 123_456_789_012_345_678_900_000_000_001, scale: 10 });
    assert_eq!(with("select id from p where price = $1", vec![price]), Ok(vec!["2".to_owned()]));
    let day = SqlHole::One(Value::Date(19_723));
    assert_eq!(with("select id from p where day = $1", vec![day]), Ok(vec!["1".to_owned()]));
    let error = with("select id from p where id = any($1)", vec![many(&[1])]).expect_err("it knows no arrays");
    told(&error, Kind::Query, "column in ${{ … }}");
    let hostile = SqlHole::One(Value::String("' or 1=1 -- ".to_owned()));
    assert_eq!(with("select id from p where cast(id as char) = $1", vec![hostile]), Ok(Vec::new()));
}
