//! Wrong usage: each line as somebody types it by mistake.

use super::assert_words;
use super::scene::Scene;

#[test]
fn commands_and_flags() {
    let mut scene = Scene::mailing(&["a@example.com"]);
    scene.types_all(&[
        "",
        "statsu m.csv",
        "rnu m.csv --endpoint [endpoint]",
        "m.csv",
        "run --endpoint [endpoint]",
        "run m.csv",
        "run m.csv n.csv --endpoint [endpoint]",
        "run m.csv --endpoint [endpoint] --tmeout 5s",
        "run m.csv --endpoint [endpoint] --timeout",
        "run m.csv --endpoint [endpoint] --api-key abc",
        "run m.csv --endpoint [endpoint] --require-ledger --new-ledger",
        "run m.csv --endpoint [endpoint] -q -v",
        "run m.csv --endpoint [endpoint] --progress fancy",
        "retry m.results.csv --endpoint [endpoint] --trust-report",
        "check m.csv --limit 3",
        "completions cmd",
        "man runn",
    ]);
    assert_words!("usage", scene.shown());
}

#[test]
fn values() {
    let mut scene = Scene::mailing(&["a@example.com"]);
    for flags in [
        "--timeout soon",
        "--timeout 5",
        "--timeout 0s",
        "--rate 5",
        "--rate 0/s",
        "--rate fast",
        "--concurrency 0",
        "--max-attempts 0",
        "--max-failures lots",
        "--max-failures 120%",
        "--max-uncertain few",
        "--limit all",
        "--expect-rows many",
        "--on-uncertain guess",
        "--on-uncertain settle",
        "--username owner",
        "--set title",
        "--set titel=Lease",
        "--set row_id=1",
        "--set title=",
        "--set title=A --set Title=B",
        "--proxy nowhere:port",
        "--ca-file none.pem",
        "--ca-file m.csv",
    ] {
        scene.types(&format!("run m.csv --endpoint [endpoint] {flags}"));
    }
    let slow = [("ESIGN_COPY_RATE", "slow")];
    scene.types_with("run m.csv --endpoint [endpoint]", &slow);
    let yes = [("ESIGN_COPY_QUIET", "yes")];
    scene.types_with("run m.csv --endpoint [endpoint]", &yes);
    assert_words!("usage_values", scene.shown());
}

#[test]
fn endpoints_and_credentials() {
    let mut scene = Scene::mailing(&["a@example.com"]);
    for endpoint in [
        "prod",
        "https://esign.example.com",
        "http://esign.example.com/rest",
        "ftp://esign.example.com/rest",
        "https://me:secret@esign.example.com/rest",
        "https://esign.example.com/rest?key=1",
    ] {
        scene.types(&format!("run m.csv --endpoint '{endpoint}'"));
    }
    let none = [("ESIGN_COPY_API_KEY", ""), ("ESIGN_COPY_SALT", "")];
    let typed = "run m.csv --endpoint [endpoint]";
    scene.types_with(typed, &none);
    scene.types_with(typed, &none[1..]);
    scene.types_with(typed, &none[..1]);
    scene.types_with(typed, &[("ESIGN_COPY_TOKEN", "abc")]);
    scene.types_with(typed, &[("ESIGN_COPY_SALT_FILE", "salt.txt")]);
    let lost = [
        ("ESIGN_COPY_SALT", ""),
        ("ESIGN_COPY_SALT_FILE", "salt.txt"),
    ];
    scene.types_with(typed, &lost);
    scene.job.write("salt.txt", "\n");
    scene.types_with(typed, &lost);
    assert_words!("usage_endpoint", scene.shown());
}

#[test]
fn the_sandbox_and_its_faults() {
    let mut scene = Scene::mailing(&["a@example.com"]);
    scene.job.write(
        "script.json",
        r#"[{"email":"a@example.com","faults":["429o"]}]"#,
    );
    scene.job.write("broken.json", "[{");
    scene.types("run m.csv --endpoint [endpoint] --fault 429=5%");
    for flags in [
        "--fault 429",
        "--fault 430=5%",
        "--fault refuse=lots",
        "--fault 429=60% --fault 500=60%",
        "--fault-script none.json",
        "--fault-script broken.json",
        "--fault-script script.json",
    ] {
        scene.types(&format!("run m.csv --endpoint sandbox {flags}"));
    }
    scene.types_all(&[
        "sandbox --listen 8765",
        "sandbox --listen 0.0.0.0:8765",
        "sandbox --owner nobody",
        "sandbox --answer session",
        "sandbox --answer session=none",
    ]);
    assert_words!("usage_sandbox", scene.shown());
}
