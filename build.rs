//! How the binary is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    // A position-independent executable of this size has 110,000 addresses to correct before `main`, which touches 2.4 MB of
    // its pages: 1.4 of the 2.6 ms that `tidemill --version` took. At a fixed address the linker does it once.
    // docs/design/performance.md says what is given up for that.
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
