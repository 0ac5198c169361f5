//! What a copy becomes: the request's wishes over the source's data. Pure.

use super::ids::{new_id, read_id};
use super::sessions::session::{Extras, Session, SessionState, Signer, made_up_signers};
use super::settings::{CopyState, LateExpiry, Settings, SignerMode, TitleField, UnknownSigner};
use super::wire::json::read_date;
use super::wire::request::{AskedSigner, CopyRequest, MergeField};

/// The documented text on signers. (D)
pub(super) const BAD_SIGNERS: &str =
    "Error: All signers must have a last name and valid email address.";

/// The latest expiry: 90 days ahead, in milliseconds. (D)
const LATEST_EXPIRY_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// Reminders above become this. (R)
const LONGEST_REMINDER_DAYS: i64 = 30;

/// The copy a request asks for, or the text that refuses it.
pub(super) fn copy_of(
    source: &Session,
    request: &CopyRequest,
    settings: &Settings,
    now_ms: i64,
) -> Result<Session, &'static str> {
    if !source.is_copyable() {
        // No text is documented for this. (A, assumption 34)
        return Err("Error: The signing session cannot be copied in its current status.");
    }
    let status = match settings.copy_state {
        CopyState::Draft => SessionState::InDraft,
        CopyState::Sent => SessionState::InSent,
    };
    Ok(Session {
        id: new_id(),
        source: source.id,
        transaction_id: request.transaction_id().to_owned(),
        transaction_lost: false,
        title: title(source, request, settings.title_field),
        created_ms: now_ms,
        status,
        invites: request.info.send_signer_invites.unwrap_or(true),
        signers: signers(source, request, settings)?,
        extras: extras(source, request, settings, now_ms)?,
    })
}

fn title(source: &Session, request: &CopyRequest, field: TitleField) -> String {
    let (title, transaction_title) = (&request.info.title, &request.info.transaction_title);
    let asked = match field {
        TitleField::Either => title.as_ref().or(transaction_title.as_ref()),
        TitleField::Title => title.as_ref(),
        TitleField::TransactionTitle => transaction_title.as_ref(),
    };
    asked
        .filter(|title| !title.is_empty())
        .unwrap_or(&source.title)
        .clone()
}

fn extras(
    source: &Session,
    request: &CopyRequest,
    settings: &Settings,
    now_ms: i64,
) -> Result<Extras, &'static str> {
    let (info, old) = (&request.info, &source.extras);
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

/// The copy's signers; `None` when they are those of a made-up source, which take no room.
fn signers(
    source: &Session,
    request: &CopyRequest,
    settings: &Settings,
) -> Result<Option<Vec<Signer>>, &'static str> {
    let known = source.signers();
    let Some(asked) = &request.signers else {
        let known = source.signers.as_ref();
        return Ok(known.map(|signers| signers.iter().map(copied).collect()));
    };
    let mut listed = Vec::with_capacity(asked.len());
    for asked in asked {
        let id = asked.id(settings.signer_id_field);
        if id.is_none() && asked.email().is_none() {
            return Err(BAD_SIGNERS);
        }
        let place = match (id.map(read_id), asked.email(), settings.signer_mode) {
            (Some(Ok(id)), ..) => (0..known.len()).find(|place| source.signer_id(*place) == id),
            (None, Some(email), SignerMode::ByEmail) => known
                .iter()
                .position(|signer| signer.email.trim().eq_ignore_ascii_case(email)),
            _ => None,
        };
        if id.is_some() && place.is_none() {
            match settings.unknown_signer {
                UnknownSigner::Add => {}
                UnknownSigner::Drop => continue,
                UnknownSigner::Error => return Err("Error: Signer not found."),
            }
        }
        let base = place.map(|place| &known[place]);
        listed.push((place, filled(asked, base, listed.len() + 1)));
    }
    if settings.signer_mode == SignerMode::Merge {
        // Source signers in their order, changed where listed; new ones behind them.
        let is_listed = |place: &usize| listed.iter().any(|(other, _)| *other == Some(*place));
        let others: Vec<_> = (0..known.len()).filter(|place| !is_listed(place)).collect();
        listed.extend(
            others
                .iter()
                .map(|place| (Some(*place), copied(&known[*place]))),
        );
        listed.sort_by_key(|(place, _)| place.unwrap_or(usize::MAX));
    }
    let signers: Vec<_> = listed.into_iter().map(|(_, signer)| signer).collect();
    Ok(Some(signers).filter(|signers| *signers != made_up_signers()))
}

/// A signer of the source as one of the copy, where it gets another id.
fn copied(signer: &Signer) -> Signer {
    Signer {
        id: None,
        ..signer.clone()
    }
}

fn filled(asked: &AskedSigner, base: Option<&Signer>, number: usize) -> Signer {
    let new = || Signer {
        sequence: number.try_into().unwrap_or(u8::MAX),
        ..Signer::default()
    };
    let base = base.map_or_else(new, copied);
    let sequence = asked.sequence.and_then(|number| number.try_into().ok());
    let merge_fields = asked.merge_field_mapping.as_ref().map(|fields| {
        let pair =
            |field: &MergeField| (field.key.clone(), field.value.clone().unwrap_or_default());
        fields.iter().map(pair).collect()
    });
    Signer {
        id: None,
        first_name: asked.first_name.clone().unwrap_or(base.first_name),
        last_name: asked.last_name.clone().unwrap_or(base.last_name),
        email: asked.email().map_or(base.email, str::to_owned),
        role: asked.signer_role.clone().unwrap_or(base.role),
        sequence: sequence.unwrap_or(base.sequence),
        merge_fields: merge_fields.unwrap_or(base.merge_fields),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::settings::source::made_up;

    fn copied(signers: &str, settings: &Settings) -> Result<Vec<String>, &'static str> {
        let source = made_up("3f0c6c1e-0000-4000-8000-000000000001".parse().unwrap());
        let signers = signers.replace("ID2", &source.signer_id(1).to_string());
        let body = format!(
            r#"{{"copyOptions":{{}},"session":{{"SigningSessionId":"{}","Signers":{signers}}}}}"#,
            source.id
        );
        let request = CopyRequest::read(body.as_bytes()).expect("a request");
        let session = copy_of(&source, &request, settings, 0)?;
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
        let source = made_up("3f0c6c1e-0000-4000-8000-000000000001".parse().unwrap());
        let copied = |signers: &str| {
            let body = format!(
                r#"{{"copyOptions":{{}},"session":{{"SigningSessionId":"{}"{signers}}}}}"#,
                source.id
            );
            let request = CopyRequest::read(body.as_bytes()).expect("a request");
            copy_of(&source, &request, &Settings::default(), 0).unwrap()
        };
        let kept = copied("");
        assert_eq!(kept.signers, None);
        assert_eq!(*kept.signers(), made_up_signers());
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
