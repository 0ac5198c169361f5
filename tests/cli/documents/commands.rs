//! The commands of ours in a page of Markdown.

/// Every command that the page shows, in a line of its own or within a sentence, in its order.
pub fn commands_of(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in page.lines() {
        let words = line.trim_start();
        let indented = line.len() - words.len() >= 4;
        let shell = words.strip_prefix("$ ").unwrap_or(words);
        let shell = shell
            .split_once(" && ")
            .map_or(shell, |(_, command)| command);
        if indented && shell.starts_with("esign-copy ") {
            found.push(shell.to_owned());
            continue;
        }
        let spans = line.split('`').skip(1).step_by(2);
        let spans = spans.filter(|span| span.starts_with("esign-copy "));
        found.extend(spans.map(str::to_owned));
    }
    found
}

#[test]
fn commands_are_found_wherever_they_are() {
    let page = "Use `esign-copy status a.csv` and `other x`.\n\n    esign-copy check a.csv\n\
                \x20      15 2 * * *  cd /srv && esign-copy run a.csv -q\n    $ esign-copy man\n\
                esign-copy copies, in a sentence.\n    28 rows: 28 copied\n";
    let found = commands_of(page);
    let all = ["status a.csv", "check a.csv", "run a.csv -q", "man"];
    assert_eq!(found, all.map(|words| format!("esign-copy {words}")));
}
