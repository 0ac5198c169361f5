//! Commands as a shell takes them, on one line whatever their words hold.

use std::fmt::Write;

use super::is_terminal_control;

/// The words as one command line. What a shell would take apart is quoted, and what would break the line
/// or steer a terminal is escaped (`$'...'`, which bash, zsh and ksh read).
pub fn command_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(quoted).collect();
    words.join(" ")
}

fn quoted(word: &str) -> String {
    if !word.chars().any(is_terminal_control) {
        let plain = shlex::try_quote(word);
        return plain.map_or_else(|_| "''".into(), String::from);
    }
    let mut escaped = String::from("$'");
    for character in word.chars().filter(|character| *character != '\0') {
        let _ = match character {
            '\'' | '\\' => write!(escaped, "\\{character}"),
            '\n' => write!(escaped, "\\n"),
            '\t' => write!(escaped, "\\t"),
            other if is_terminal_control(other) => write!(escaped, "\\u{:04x}", u32::from(other)),
            other => write!(escaped, "{other}"),
        };
    }
    escaped.push('\'');
    escaped
}

#[cfg(test)]
mod tests {
    use super::command_line;

    #[test]
    fn a_command_is_one_line_that_a_shell_reads_back() {
        let words = [
            "esign-copy",
            "run",
            "it's a list.csv",
            "a\nnext: b",
            "\u{202e}\\'",
            "",
        ];
        let line = command_line(words);
        assert_eq!(
            line,
            "esign-copy run \"it's a list.csv\" $'a\\nnext: b' $'\\u202e\\\\\\'' ''"
        );
        let script = format!("printf '%s|' {line}");
        let shell = std::process::Command::new("bash")
            .args(["-c", &script])
            .env("LC_ALL", "C.UTF-8")
            .output();
        let read = String::from_utf8(shell.unwrap().stdout).unwrap();
        assert_eq!(read, words.map(|word| format!("{word}|")).concat());
    }
}
