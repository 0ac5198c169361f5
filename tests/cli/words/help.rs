//! The help of the program and of each command, at a terminal of 100 columns.

use super::assert_words;
use super::scene::Scene;

const COMMANDS: [&str; 11] = [
    "run",
    "check",
    "init",
    "retry",
    "status",
    "report",
    "resolve",
    "audit",
    "sandbox",
    "completions",
    "man",
];

#[test]
fn each_command_has_its_help() {
    let wide = [("COLUMNS", "100")];
    let mut program = Scene::new();
    program.types_with("-h", &wide).types_with("--help", &wide);
    assert_words!("help", program.shown());
    for command in COMMANDS {
        let mut scene = Scene::new();
        for flag in ["-h", "--help"] {
            scene.types_with(&format!("{command} {flag}"), &wide);
        }
        assert_words!(format!("help_{command}"), scene.shown());
    }
}

/// Every command that the program lists is shown above.
#[test]
fn no_command_is_left_out() {
    let help = Scene::new().job.other(&["-h"]).stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names: Vec<&str> = listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert_eq!(names, COMMANDS);
}

#[test]
fn the_faults_have_their_list() {
    let mut scene = Scene::new();
    scene.types("sandbox --list-faults");
    assert_words!("faults", scene.shown());
}
