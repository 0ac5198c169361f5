//! The program at a terminal of its own.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A command of a person at a terminal.
pub struct AtTerminal {
    pub child: Child,
    terminal: File,
}

impl AtTerminal {
    pub fn start(mut command: Command) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let screen = || {
            let options = File::options()
                .read(true)
                .write(true)
                .open(name.to_str().unwrap());
            Stdio::from(options.unwrap())
        };
        let child = command.stdin(screen()).stderr(screen()).spawn().unwrap();
        let terminal = terminal.into();
        Self { child, terminal }
    }

    /// Reads until the words are on the screen.
    pub fn shows(&mut self, words: &str) -> String {
        let (mut screen, mut bytes) = (String::new(), [0; 1024]);
        while !screen.contains(words) {
            let length = self.terminal.read(&mut bytes).unwrap_or(0);
            assert!(length > 0, "'{words}' is not in:\n{screen}");
            screen += &String::from_utf8_lossy(&bytes[..length]);
        }
        screen
    }

    pub fn answer(&mut self, answer: &str) -> ExitStatus {
        self.terminal.write_all(answer.as_bytes()).unwrap();
        self.ends()
    }

    /// Takes what it says until its end, so that it never waits for a reader.
    pub fn ends(&mut self) -> ExitStatus {
        let _ = self.terminal.read_to_end(&mut Vec::new());
        self.child.wait().unwrap()
    }
}
