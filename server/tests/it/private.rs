//! Who else on the machine can read what the program keeps: nobody.

use std::path::Path;
use std::process::Command;

/// The mode of everything in a folder, by its name.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    use std::os::unix::fs::MetadataExt;
    let mut all = vec![(".".to_owned(), std::fs::metadata(folder).expect("there").mode() & 0o777)];
    for entry in std::fs::read_dir(folder).expect("there").map_while(Result::ok) {
        let (name, found) = (entry.file_name().to_string_lossy().into_owned(), entry.metadata().expect("there"));
        if found.is_dir() {
            all.extend(modes(&entry.path()).into_iter().map(|(below, mode)| (format!("{name}/{below}"), mode)));
        } else {
            all.push((name, found.mode() & 0o777));
        }
    }
    all
}

#[test]
fn nobody_else_on_the_machine_reads_the_data_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().expect("a folder");
    let (data, sink) = (place.path().join("data"), place.path().join("sink"));
    let run = |args: &[&str]| {
        let text = "umask 000; exec \"$0\" \"$@\"";
        let mut command = Command::new("sh");
        command.args(["-c", text, env!("CARGO_BIN_EXE_countersign")]).args(args).arg("--data-dir").arg(&data);
        let ended = command.arg("--checkpoint-sink").arg(&sink).output().expect("ran");
        assert!(ended.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ended.stderr));
    };
    let private = || {
        let modes = modes(&data);
        assert!(modes.len() > 4, "{modes:?}");
        let open: Vec<_> = modes.iter().filter(|(_, mode)| mode & 0o077 != 0).collect();
        assert!(open.is_empty(), "{open:?}");
    };
    let file = place.path().join("in.csv");
    std::fs::write(&file, "identity,action\na,read\n").expect("written");
    run(&["import", "csv", file.to_str().expect("a path"), "--source", "c"]);
    private();
    // What another version or somebody's copy left open is closed by any command.
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o755)).expect("set");
    for name in ["countersign.db", "mac.key", "countersign.checkpoints"] {
        std::fs::set_permissions(data.join(name), PermissionsExt::from_mode(0o644)).expect("set");
    }
    run(&["migrate"]);
    private();
    // A folder of other people's things stays as it is.
    let shared = place.path().join("shared");
    std::fs::create_dir(&shared).expect("made");
    std::fs::write(shared.join("theirs"), "x").expect("written");
    std::fs::set_permissions(&shared, PermissionsExt::from_mode(0o755)).expect("set");
    let here = ["migrate", "--database-url", &format!("sqlite:{}", place.path().join("other.db").display()), "--data-dir"];
    let ended = Command::new(env!("CARGO_BIN_EXE_countersign")).args(here).arg(&shared).output().expect("ran");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(modes(&shared)[0], (".".to_owned(), 0o755));
}
