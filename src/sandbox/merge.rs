//! What a copy becomes: the request's wishes over the source's data. Pure.

use super::guid::Guid;
use super::sessions::session::{Extras, Session, Signer, Source, made_up_signers};
use super::settings::known::SessionState;
use super::settings::{CopyState, LateExpiry, Settings, SignerMode, TitleField, UnknownSigner};
use super::wire::json::read_date;
use super::wire::request::{AskedSigner, CopyRequest};

/// The documented text on signers. (D)
pub(super) const BAD_SIGNERS: &str =
    "Error: All signers must have a last name and valid email address.";

/// The latest expiry: 90 days ahead, in milliseconds. (D)
const LATEST_EXPIRY_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// Reminders above become this. (R)
const LONGEST_REMINDER_DAYS: i64 = 30;

/// The copy a request asks for, or the text that refuses it.
pub(super) fn copy_of(
    source: &Source,
    request: &CopyRequest,
    settings: &Settings,
    now_ms: i64,
) -> Result<Session, &'static str> {
    if !source.is_copyable() {
        // No text is documented for this. (A, assumption 34)
        return Err("Error: The signing session cannot be copied in its current status.");
    }
    let state = match settings.copy_state {
        CopyState::Draft => SessionState::InDraft,
        CopyState::Sent => SessionState::InSent,
    };
    Ok(Session {
        id: Guid::random(),
        source: source.session.id,
        transaction_id: request.transaction_id().to_owned(),
        transaction_lost: false,
        title: title(source, request, settings.title_field),
        created_ms: now_ms,
        status: state.code(),
        invites: request.info.send_signer_invites.unwrap_or(true),
        // Made-up signers need no memory.
        signers: Some(signers(source, request, settings)?)
            .filter(|signers| *signers != made_up_signers()),
        extras: extras(source, request, settings, now_ms)?,
    })
}

fn title(source: &Source, request: &CopyRequest, field: TitleField) -> String {
    let (title, transaction_title) = (&request.info.title, &request.info.transaction_title);
    let asked = match field {
        TitleField::Either => title.as_ref().or(transaction_title.as_ref()),
        TitleField::Title => title.as_ref(),
        TitleField::TransactionTitle => transaction_title.as_ref(),
    };
    asked
        .filter(|title| !title.is_empty())
        .unwrap_or(&source.session.title)
        .clone()
}

fn extras(
    source: &Source,
    request: &CopyRequest,
    settings: &Settings,
    now_ms: i64,
) -> Result<Extras, &'static str> {
    let (info, old) = (&request.info, &source.session.extras);
    let expires_ms = match info.expires_on.as_deref().filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => {
            let asked = read_date(text).ok_or("Error: The expiration date is not a date.")?;
            let latest = now_ms + LATEST_EXPIRY_MS;
            if asked > latest && settings.late_expiry == LateExpiry::Error {
                return Err("Error: The expiration date may be at most 90 days ahead.");
            }
            Some(asked.min(latest))
        }
    };
    let reminder_days = info
        .reminder_frequency_days
        .map(|days| days.min(LONGEST_REMINDER_DAYS));
    Ok(Extras {
        description: info.description.clone().or_else(|| old.description.clone()),
        copy_to: info.copy_to.clone().or_else(|| old.copy_to.clone()),
        return_url: info.return_url.clone().or_else(|| old.return_url.clone()),
        // Not copied since April 2025. (R)
        expires_ms,
        reminder_days: reminder_days.or(old.reminder_days),
        use_sequence: info.use_sequence.or(old.use_sequence),
        allow_delegation: info.allow_delegation.or(old.allow_delegation),
        email_options: info.email_options.or(old.email_options),
    })
}

fn signers(
    source: &Source,
    request: &CopyRequest,
    settings: &Settings,
) -> Result<Vec<Signer>, &'static str> {
    let Some(asked) = &request.signers else {
        return Ok(source.signers().to_vec());
    };
    let mut listed = Vec::with_capacity(asked.len());
    let mut carried = vec![false; source.signers().len()];
    for asked in asked {
        let id = asked.id(settings.signer_id_field);
        if id.is_none() && asked.email().is_none() {
            return Err(BAD_SIGNERS);
        }
        let place = place_in(source, asked, id, settings.signer_mode);
        if id.is_some() && place.is_none() {
            match settings.unknown_signer {
                UnknownSigner::Add => {}
                UnknownSigner::Drop => continue,
                UnknownSigner::Error => return Err("Error: Signer not found."),
            }
        }
        if let Some(place) = place {
            carried[place] = true;
        }
        let base = place.map(|place| &source.signers()[place]);
        listed.push((place, filled(asked, base, listed.len() + 1)));
    }
    if settings.signer_mode != SignerMode::Merge {
        return Ok(listed.into_iter().map(|(_, signer)| signer).collect());
    }
    Ok(merged(source, listed, &carried))
}

/// Source signers in their order, changed where listed; new ones behind them.
fn merged(
    source: &Source,
    mut listed: Vec<(Option<usize>, Signer)>,
    carried: &[bool],
) -> Vec<Signer> {
    let untouched = source
        .signers()
        .iter()
        .enumerate()
        .filter(|(place, _)| !carried[*place]);
    listed.extend(untouched.map(|(place, signer)| (Some(place), signer.clone())));
    listed.sort_by_key(|(place, _)| place.unwrap_or(usize::MAX));
    listed.into_iter().map(|(_, signer)| signer).collect()
}

fn place_in(
    source: &Source,
    asked: &AskedSigner,
    id: Option<&str>,
    mode: SignerMode,
) -> Option<usize> {
    if let Some(id) = id {
        let id: Guid = id.parse().ok()?;
        return source.signer_ids.iter().position(|known| *known == id);
    }
    if mode != SignerMode::ByEmail {
        return None;
    }
    let email = asked.email()?;
    source
        .signers()
        .iter()
        .position(|signer| signer.email.trim().eq_ignore_ascii_case(email))
}

fn filled(asked: &AskedSigner, base: Option<&Signer>, place: usize) -> Signer {
    let text = |asked: Option<&str>, base: Option<&String>| {
        asked
            .or(base.map(String::as_str))
            .unwrap_or_default()
            .to_owned()
    };
    let sequence = asked.sequence.and_then(|number| u8::try_from(number).ok());
    let merge_fields = asked.merge_field_mapping.as_ref().map(|fields| {
        let pair = |field: &super::wire::request::MergeField| {
            (field.key.clone(), field.value.clone().unwrap_or_default())
        };
        fields.iter().map(pair).collect()
    });
    Signer {
        first_name: text(
            asked.first_name.as_deref(),
            base.map(|base| &base.first_name),
        ),
        last_name: text(asked.last_name.as_deref(), base.map(|base| &base.last_name)),
        email: text(asked.email(), base.map(|base| &base.email)),
        role: text(asked.signer_role.as_deref(), base.map(|base| &base.role)),
        sequence: sequence
            .or(base.map(|base| base.sequence))
            .unwrap_or_else(|| u8::try_from(place).unwrap_or(u8::MAX)),
        merge_fields: merge_fields
            .or_else(|| base.map(|base| base.merge_fields.clone()))
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::sessions::session::made_up_signers;

    fn copied(signers: &str, settings: &Settings) -> Result<Vec<String>, &'static str> {
        let source = Source::made_up("3f0c6c1e-0000-4000-8000-000000000001".parse().unwrap());
        let signers = signers.replace("ID2", &source.signer_ids[1].to_string());
        let body = format!(
            r#"{{"copyOptions":{{}},"session":{{"SigningSessionId":"{}","Signers":{signers}}}}}"#,
            source.session.id
        );
        let request = CopyRequest::read(body.as_bytes()).expect("a request");
        let session = Source::copy(copy_of(&source, &request, settings, 0)?);
        Ok(session
            .signers()
            .iter()
            .cloned()
            .map(|s| s.last_name + " " + &s.email)
            .collect())
    }

    #[test]
    fn signers_come_together_by_the_mode() {
        let two = r#"[{"SignerId":"ID2","EmailAddress":"new@example.com"},
            {"EmailAddress":"ADA.byron@example.com"}]"#;
        let mode = |signer_mode| Settings {
            signer_mode,
            ..Settings::default()
        };
        let replaced = copied(two, &mode(SignerMode::Replace)).unwrap();
        assert_eq!(
            replaced,
            ["Carter new@example.com", " ADA.byron@example.com"]
        );
        let by_email = copied(two, &mode(SignerMode::ByEmail)).unwrap();
        assert_eq!(
            by_email,
            ["Carter new@example.com", "Byron ADA.byron@example.com"]
        );
        let merged = copied(two, &mode(SignerMode::Merge)).unwrap();
        assert_eq!(merged[1], "Carter new@example.com");
        let all = made_up_signers().len();
        assert_eq!(merged.len(), all + 1);
        let kept = copied("null", &mode(SignerMode::Replace)).unwrap();
        assert_eq!(kept.len(), all);
    }

    /// A rehearsal of a large list keeps its sessions in a temporary file; those of made-up
    /// sources that are copied as they are take no room for signers there.
    #[test]
    fn made_up_signers_are_not_kept() {
        let source = Source::made_up("3f0c6c1e-0000-4000-8000-000000000001".parse().unwrap());
        let copied = |signers: &str| {
            let body = format!(
                r#"{{"copyOptions":{{}},"session":{{"SigningSessionId":"{}"{signers}}}}}"#,
                source.session.id
            );
            let request = CopyRequest::read(body.as_bytes()).expect("a request");
            copy_of(&source, &request, &Settings::default(), 0).unwrap()
        };
        let kept = copied("");
        assert_eq!(kept.signers, None);
        assert_eq!(Source::copy(kept).signers(), made_up_signers());
        let other = copied(r#","Signers":[{"EmailAddress":"ana@example.com"}]"#);
        assert_eq!(other.signers.map(|signers| signers.len()), Some(1));
    }

    #[test]
    fn a_signer_needs_an_id_or_an_address() {
        assert_eq!(
            copied(r#"[{"LastName":"X"}]"#, &Settings::default()),
            Err(BAD_SIGNERS)
        );
        let unknown = r#"[{"SignerId":"s-1"}]"#;
        assert_eq!(copied(unknown, &Settings::default()).unwrap().len(), 1);
        let strict = Settings {
            unknown_signer: UnknownSigner::Error,
            ..Settings::default()
        };
        assert!(copied(unknown, &strict).is_err());
    }
}
