//! The migrations are embedded by a macro that cannot say so to cargo.
fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
