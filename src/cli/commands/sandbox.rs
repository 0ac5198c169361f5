//! `sandbox`: the stand-in of the service.

use futures::executor::block_on;

use crate::cli::{CommandContext, Exit, Failure, Message, print};
use crate::executor::StopSwitch;
use crate::sandbox::{Fault, Sandbox, Settings};
use crate::support::command_line;

/// `sandbox`: serve the stand-in on loopback until a signal ends it.
pub fn sandbox(settings: Settings, command: CommandContext<'_>) -> Result<Exit, Failure> {
    let running = Sandbox::start(settings).map_err(Failure::usage)?;
    let quoted = |text: &str| command_line([text]);
    let text = format!(
        "export ESIGN_COPY_ENDPOINT={}\nexport ESIGN_COPY_API_KEY={}\nexport ESIGN_COPY_SALT={}\n\
         export ESIGN_COPY_USERNAME={}\n",
        quoted(&running.base_url()),
        quoted(running.api_key()),
        quoted(running.salt()),
        quoted(running.owner()),
    );
    print(text)?;
    let text = format!(
        "the sandbox is running at {}. To use it, paste the lines above into another terminal. \
         To stop it, press Ctrl-C. What it has received: {}/sandbox/stats",
        running.base_url(),
        running.base_url().trim_end_matches("/rest")
    );
    command
        .output
        .emit(&Message::info("serving", text).with("endpoint", running.base_url()));
    let mut subscription = command
        .environment
        .signals
        .subscribe(&StopSwitch::default());
    block_on(subscription.signal());
    // The next one ends the program, also while the sessions are written.
    drop(subscription);
    running.shutdown()?;
    Ok(Exit::Done)
}

/// `sandbox --list-faults`.
pub fn list_faults() -> Result<Exit, Failure> {
    let lines = Fault::catalogue().map(|(_, name, meaning)| format!("{name:26}{meaning}\n"));
    print(lines.collect::<String>())?;
    Ok(Exit::Done)
}
