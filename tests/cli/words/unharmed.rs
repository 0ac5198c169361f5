//! Files that a mistyped flag must not replace, and places where nothing can be written.

use super::assert_words;
use super::scene::Scene;

#[test]
fn no_other_file_is_overwritten() {
    let mut scene = Scene::mailing(&["a@example.com"]);
    scene.job.write("notes.txt", "mine");
    std::fs::create_dir(scene.job.path("folder")).unwrap();
    for flags in [
        "--report m.csv",
        "--report notes.txt",
        "--report folder",
        "--report m.ledger",
        "--report no/such/folder/r.csv",
        "--ledger m.csv",
        "--ledger notes.txt",
        "--ledger no/such/folder/m.ledger",
        "--html m.csv",
        "--html notes.txt",
        "--html folder",
        "--html m.results.csv",
        "--html no/such/folder/m.html",
        "--metrics m.csv",
        "--metrics notes.txt",
        "--metrics folder",
        "--metrics m.results.csv",
        "--metrics no/such/folder/m.prom",
    ] {
        scene.types(&format!("run m.csv --endpoint [endpoint] {flags}"));
    }
    scene.job.run("m.csv", &[]).ends_with(0);
    scene.knows("m.results.csv");
    scene.types_all(&[
        "report m.csv --output notes.txt",
        "report m.csv --output m.ledger",
        "report m.csv --format html --output notes.txt",
        "report m.csv --format html --output m.results.csv",
    ]);
    for file in ["r.csv", "m.html", "m.prom"] {
        scene.calls_between(&format!(".{file}."), ".tmp", "[random]");
    }
    assert_words!("not_overwritten", scene.shown());
}
