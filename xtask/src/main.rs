//! The project's own commands: set-up, build, run, test, check, measure. `cargo xtask help` lists them.
//! It must not be needed at run time: the product is one file without it.

mod bundle;
mod sh;
mod toolchain;

use sh::Res;
use std::process::ExitCode;

const HELP: &str = "cargo xtask <command>

  run [ARGS]        set up, build, serve on SQLite in ./data, print the URL and a one-time set-up link
  test              set up, then every check and test: fmt, tidy, clippy, both databases, fuzz, browser
  bundle [--release]  build the browser bundle and the one-file server
  wasm              set up the WebAssembly toolchain only
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = args.split_first().map_or(("help", &[][..]), |(c, r)| (c.as_str(), r));
    match dispatch(command, rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("xtask: {e}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &str, rest: &[String]) -> Res<()> {
    match command {
        "bundle" => bundle::server(rest.iter().any(|a| a == "--release")).map(|path| println!("{}", path.display())),
        "wasm" => toolchain::wasm().map(|_| ()),
        _ => {
            println!("{HELP}");
            Ok(())
        }
    }
}
