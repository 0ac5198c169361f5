//! Manifests that were edited after they were sent.

use super::assert_words;
use super::scene::Scene;
use crate::kit::SOURCE;

const RUN: &str = "run m.csv --endpoint [endpoint] --rate max";

#[test]
fn an_edit_that_could_copy_somebody_twice() {
    let mut scene = Scene::mailing(&["a@example.com", "b@example.com"]);
    scene.job.run("m.csv", &[]).ends_with(0);
    let edited = scene
        .job
        .read("m.csv")
        .replacen("Lease,Li,a@", "Lease 2,Li,a@", 1);
    scene.job.write("m.csv", edited);
    scene.types_all(&[RUN, &format!("{RUN} --accept-changes")]);
    assert_words!("changed_row", scene.shown());
}

#[test]
fn a_key_that_stands_for_somebody_else() {
    let mut scene = Scene::new();
    let keyed = |rows: &[(&str, &str)]| {
        let head = "row_id,source_session_id,title,signer_1_last_name,signer_1_email\n";
        let rows = rows
            .iter()
            .map(|(key, email)| format!("{key},{SOURCE},Lease,Li,{email}\n"));
        format!("{head}{}", rows.collect::<String>())
    };
    scene.job.write(
        "m.csv",
        keyed(&[("K1", "a@example.com"), ("K2", "b+refuse@example.com")]),
    );
    scene.job.run("m.csv", &[]).ends_with(3);
    scene.job.write(
        "m.csv",
        keyed(&[("K1", "z@example.com"), ("K2", "b@example.com")]),
    );
    scene.types_all(&[RUN, &format!("{RUN} --accept-changes")]);
    scene.job.write("m.csv", keyed(&[("K2", "b@example.com")]));
    scene.types(RUN);
    assert_words!("changed_key", scene.shown());
}
