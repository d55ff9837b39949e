//! Ways out of the project: each parameter of each address is tried with each of these.

use super::{Fortress, addresses, tells_nothing};

const WAYS_OUT: &[(&str, &str)] = &[
    ("up", "../outside.txt"),
    ("up and up", "../../../../../../../../etc/passwd"),
    ("up, encoded", "%2e%2e%2foutside.txt"),
    ("up, its slash encoded", "..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd"),
    ("up, encoded twice", "%252e%252e%252foutside.txt"),
    ("up, too long an encoding", "%c0%ae%c0%ae%c0%afoutside.txt"),
    ("up, by the other slash", "..\\outside.txt"),
    ("up, by the other slash, encoded", "..%5c..%5coutside.txt"),
    ("up, from a folder that is served", "out/../../outside.txt"),
    ("up, after what filters take away", "....//....//outside.txt"),
    ("up, with a dot more", ".../outside.txt"),
    ("up, as wide characters", "%ef%bc%8e%ef%bc%8e%ef%bc%8foutside.txt"),
    ("from the root", "/etc/passwd"),
    ("from the root, encoded", "%2fetc%2fpasswd"),
    ("as an address", "file:%2f%2f%2fetc%2fpasswd"),
    ("with an end of text", "out/page.html%00.csv"),
    ("with an end of line", "out%2fpage.html%0d%0aSet-Cookie:%20a=b"),
    ("a file that nobody has published", "pipeline.yaml"),
    ("the state", ".tidemill/state.db"),
    ("the state, encoded", "%2etidemill%2fstate.db"),
    ("the tokens", "tokens"),
    ("the source of a task", "orders.csv"),
    ("what the process has open", "%2fproc%2fself%2fenviron"),
    ("a folder", "out"),
    ("nothing", "."),
    ("a broken encoding", "%"),
    ("another broken encoding", "%zz"),
    ("no text", "%ff%fe"),
];

#[test]
fn no_parameter_leads_out() {
    let fortress = Fortress::open();
    let mut tried = 0;
    for address in addresses("GET") {
        let parameters = address.split('/').filter(|part| part.starts_with('{'));
        for parameter in parameters {
            for (what, way) in WAYS_OUT {
                let path = fortress.filled(&address.replace(parameter, way));
                let answer = fortress.get(&path);
                let after = format!("{what}: {path}");
                // A way with a slash is another address, of which there may be one.
                assert!((300..500).contains(&answer.status), "{after}: {}", answer.body);
                tells_nothing(&answer.body, &after);
                assert_eq!(answer.header("set-cookie").filter(|cookie| cookie.contains("a=b")), None, "{after}");
                for kept in ["version: 1", "SQLite format", "PATH="] {
                    assert!(!answer.body.contains(kept), "{after}: {}", answer.body);
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "{tried} were tried");
    fortress.stands("ways out");
}

#[test]
fn what_is_published_and_leads_elsewhere_is_not_served() {
    let fortress = Fortress::open();
    let published = fortress.project.root().join("out/page.html");
    let targets = ["/etc/passwd", "../../outside.txt", "../tokens/..", "/proc/self/environ", "/dev/zero"];
    for target in targets {
        std::fs::remove_file(&published).expect("it is there");
        std::os::unix::fs::symlink(target, &published).expect("a link");
        let answer = fortress.server.get("/p/keep/files/out/page.html");
        assert_eq!(answer.status, 404, "{target}: {}", answer.body);
        tells_nothing(&answer.body, target);
    }
    // The log of a run, too.
    let log = fortress.project.root().join(format!("logs/{}/say.log", fortress.run));
    std::fs::remove_file(&log).expect("it is there");
    std::os::unix::fs::symlink(fortress.project.root().join("../outside.txt"), &log).expect("a link");
    assert_eq!(fortress.server.get(&format!("/p/keep/runs/{}/logs/say", fortress.run)).status, 404);
}
