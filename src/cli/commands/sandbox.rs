use futures::executor::block_on;

use crate::cli::args::{FaultArgs, SandboxArgs};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Message, Output};
use crate::cli::standard_output::print;
use crate::executor::StopSwitch;
use crate::sandbox::{Fault, Sandbox, Script, Settings, Shape};
use crate::support::command_line;

/// `sandbox`: serve the stand-in on loopback until a signal ends it.
pub fn sandbox(args: &SandboxArgs, context: &Context, output: &Output) -> Result<Exit, Failure> {
    if args.list_faults {
        return list_faults();
    }
    let settings = Settings {
        address: args.listen,
        owner: args.owner.clone(),
        token_life: args.token_life,
        token_single_use: args.token_single_use,
        visibility_delay: args.visibility_delay,
        latency: args.latency,
        shape: shape(&args.answer)?,
        state: args.state.clone(),
        ..with_faults(&args.faults)?
    };
    let running = block_on(Sandbox::start(settings)).map_err(Failure::usage)?;
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
        "the sandbox serves at {} until Ctrl-C; type the lines above into another terminal. What \
         it received: {}/sandbox/stats",
        running.base_url(),
        running.base_url().trim_end_matches("/rest")
    );
    output.emit(&Message::info("serving", text).with("endpoint", running.base_url()));
    let mut subscription = context.signals.subscribe(&StopSwitch::default());
    block_on(subscription.signal());
    // The next one ends the program, also while the sessions are written.
    drop(subscription);
    running.shutdown()?;
    Ok(Exit::Done)
}

/// The faults that were asked for, on top of an honest service.
///
/// # Errors
/// Wrong usage: a script that can't be read, or rates above 100 % in all.
pub fn with_faults(args: &FaultArgs) -> Result<Settings, Failure> {
    let script = args.fault_script.as_deref().map(Script::read).transpose();
    Ok(Settings {
        script: script
            .map_err(|error| Failure::usage(format!("--fault-script: {error}")))?
            .unwrap_or_default(),
        rates: args.fault.clone(),
        seed: args.fault_seed,
        ..Settings::default()
    })
}

fn shape(answers: &[String]) -> Result<Shape, Failure> {
    let mut shape = Shape::default();
    for answer in answers {
        let refused = |reason: &str| Failure::usage(format!("--answer {answer}: {reason}"));
        let (part, style) = answer
            .split_once('=')
            .ok_or_else(|| refused("write it as PART=STYLE"))?;
        shape
            .set(part, style)
            .map_err(|error| refused(&error.to_string()))?;
    }
    Ok(shape)
}

fn list_faults() -> Result<Exit, Failure> {
    let lines = Fault::catalogue().map(|(_, name, meaning)| format!("{name:26}{meaning}\n"));
    print(lines.collect::<String>())?;
    Ok(Exit::Done)
}
