//! The browser bundle (WebAssembly, JavaScript, CSS with hashed names and compressed siblings) and the
//! one-file server that embeds it. The versions of the tools are those of Cargo.lock.

use crate::sh::{self, Res};
use crate::toolchain;
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the bundle is written; the server embeds this folder.
pub fn site() -> PathBuf {
    sh::root().join("target/site/pkg")
}

/// Builds the browser side into `target/site/pkg`.
pub fn site_bundle(release: bool) -> Res<()> {
    let wasm = toolchain::wasm()?;
    let profile = if release { "wasm-release" } else { "wasm-dev" };
    sh::step("browser side", || {
        sh::run(wasm.cargo().args([
            "build",
            "--quiet",
            "-p",
            "frontend",
            "--lib",
            "--target",
            "wasm32-unknown-unknown",
            "--profile",
            profile,
        ]))
    })?;
    sh::step("bundle", || {
        // Written anew, the same files would have the server built anew, which embeds them.
        let (made_of, stamp) = (made_of(&wasm.module(profile), release)?, site().with_file_name("made-of"));
        if !release && site().join("manifest.json").exists() && fs::read_to_string(&stamp).is_ok_and(|was| was == made_of) {
            return Ok(());
        }
        let _ = fs::remove_file(&stamp);
        let out = tempfile::tempdir()?;
        let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
        bindgen
            .input_path(wasm.module(profile))
            .out_name("countersign")
            .web(true)?
            .typescript(false)
            .remove_name_section(true)
            .remove_producers_section(true);
        bindgen.generate(out.path()).map_err(|e| format!("wasm-bindgen: {e:#}"))?;
        if release {
            optimise(&out.path().join("countersign_bg.wasm"))?;
        }
        write_site(out.path())?;
        Ok(fs::write(stamp, made_of)?)
    })
}

/// A digest of what the bundle is made of: the module, the style sheets, the steps in this file and their tools' versions.
fn made_of(module: &Path, release: bool) -> Res<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(sh::root().join("style"))?.map(|e| Ok(e?.path())).collect::<Res<_>>()?;
    files.sort();
    files.extend([module.to_owned(), sh::root().join("xtask/src/bundle.rs"), sh::root().join("Cargo.lock")]);
    let mut hash = Sha256::new();
    hash.update([u8::from(release)]);
    for file in files {
        let bytes = fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

/// `wasm-opt` of the npm package `binaryen`, only where it is present.
fn optimise(wasm: &Path) -> Res<()> {
    let local = sh::cache()?.join("npm/node_modules/.bin/wasm-opt");
    let Some(tool) = sh::which("wasm-opt").or_else(|| local.exists().then_some(local)) else {
        eprintln!("   wasm-opt is not here: the module stays as the compiler left it");
        return Ok(());
    };
    sh::run(
        Command::new(tool)
            .args([
                "-Oz",
                "--enable-bulk-memory",
                "--enable-nontrapping-float-to-int",
                "--enable-sign-ext",
                "--enable-mutable-globals",
                "--enable-reference-types",
                "--enable-multivalue",
                "-o",
            ])
            .arg(wasm)
            .arg(wasm),
    )
}

fn write_site(out: &Path) -> Res<()> {
    let site = site();
    if site.exists() {
        fs::remove_dir_all(&site)?;
    }
    fs::create_dir_all(&site)?;
    let wasm = fs::read(out.join("countersign_bg.wasm"))?;
    let js = fs::read_to_string(out.join("countersign.js"))?;
    let css = stylesheet()?;
    // One hash for the pair: Leptos derives both names from one output name.
    let name = format!("countersign-{}", short_hash(&[js.as_bytes(), &wasm].concat()));
    let css_name = format!("countersign-{}.css", short_hash(css.as_bytes()));
    let mut files = vec![(format!("{name}.js"), js.into_bytes()), (format!("{name}_bg.wasm"), wasm), (css_name.clone(), css.into_bytes())];
    let snippets = out.join("snippets");
    if snippets.exists() {
        return Err("the module brings JavaScript snippets: the bundle does not carry them yet".into());
    }
    let manifest = serde_json::json!({ "bundle": name, "css": css_name });
    files.push(("manifest.json".to_owned(), serde_json::to_vec(&manifest)?));
    for (name, bytes) in files {
        compress(&site.join(&name), &bytes)?;
        fs::write(site.join(name), bytes)?;
    }
    Ok(())
}

fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|b| format!("{b:02x}")).collect()
}

fn stylesheet() -> Res<String> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(&sh::root().join("style/main.css")).map_err(|e| format!("style/main.css: {e}"))?;
    sheet.minify(MinifyOptions::default()).map_err(|e| format!("style/main.css: {e}"))?;
    let options = PrinterOptions { minify: true, ..PrinterOptions::default() };
    Ok(sheet.to_css(options).map_err(|e| format!("style/main.css: {e}"))?.code)
}

fn compress(path: &Path, bytes: &[u8]) -> Res<()> {
    let name = path.to_string_lossy();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes)?;
    fs::write(format!("{name}.gz"), gzip.finish()?)?;
    let mut small = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut small, &brotli::enc::BrotliEncoderParams::default())?;
    fs::write(format!("{name}.br"), small)?;
    Ok(())
}

/// Prints what a browser fetches, packed with brotli.
pub fn sizes() -> Res<()> {
    for entry in fs::read_dir(site())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(kind) = [".wasm.br", ".js.br", ".css.br"].into_iter().find(|k| name.ends_with(k)) {
            println!(
                "{:5} brotli {:>6.1} KB",
                kind.trim_end_matches(".br").trim_start_matches('.'),
                entry.metadata()?.len() as f64 / 1024.0
            );
        }
    }
    Ok(())
}

/// Builds bundle and server; gives the server's path.
pub fn server(release: bool) -> Res<PathBuf> {
    if release {
        crate::bundle::npm_wasm_opt();
    }
    site_bundle(release)?;
    sh::step("server", || {
        let mut build = sh::cargo();
        build.args(["build", "--quiet", "-p", "server"]);
        if release {
            build.arg("--release");
        }
        sh::run(&mut build)?;
        Ok(sh::target().join(if release { "release" } else { "debug" }).join("countersign"))
    })
}

/// Fetches `binaryen` for the release bundle; its absence is said by `optimise`, it is not an error.
fn npm_wasm_opt() {
    let Ok(folder) = sh::cache().map(|c| c.join("npm")) else { return };
    if sh::which("wasm-opt").is_some() || folder.join("node_modules/.bin/wasm-opt").exists() || sh::which("npm").is_none() {
        return;
    }
    let _ = fs::create_dir_all(&folder);
    let _ = sh::run(Command::new("npm").args(["install", "--no-save", "--silent", "--prefix"]).arg(&folder).arg("binaryen@123"));
}
