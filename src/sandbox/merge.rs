//! What a copy becomes: the request's wishes over the source's data. Pure.

use super::sessions::session::{Extras, Session, Signer, made_up_signers};
use super::settings::source::SessionState;
use super::settings::{Settings, SignerMode, TitleField};
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
    source: &Session,
    request: &CopyRequest,
    settings: &Settings,
    now_ms: i64,
) -> Result<Session, &'static str> {
    if !source.is_copyable() {
        // No text is documented for this. (A, assumption 34)
        return Err("Error: The signing session cannot be copied in its current status.");
    }
    Ok(Session {
        id: Session::new_id(),
        source: source.id,
        transaction_id: request.transaction_id().to_owned(),
        transaction_lost: false,
        title: title(source, request, settings.title_field),
        created_ms: now_ms,
        // (I, assumption 18)
        status: SessionState::InDraft,
        invites: request.info.send_signer_invites.unwrap_or(true),
        signers: signers(source, request, settings.signer_mode)?,
        extras: extras(source, request, now_ms)?,
    })
}

fn title(source: &Session, request: &CopyRequest, field: TitleField) -> String {
    let (title, transaction_title) = (&request.info.title, &request.info.transaction_title);
    let asked = match field {
        TitleField::Either => title.as_ref().or(transaction_title.as_ref()),
        TitleField::Title => title.as_ref(),
        TitleField::TransactionTitle => transaction_title.as_ref(),
    };
    let asked = asked.filter(|title| !title.is_empty());
    asked.unwrap_or(&source.title).clone()
}

fn extras(source: &Session, request: &CopyRequest, now_ms: i64) -> Result<Extras, &'static str> {
    let (info, old) = (&request.info, source.extras.clone());
    let expires_on = info.expires_on.as_deref().filter(|text| !text.is_empty());
    let expires_ms = expires_on
        .map(|text| read_date(text).ok_or("Error: The expiration date is not a date."))
        .transpose()?;
    // (A, assumption 26)
    if expires_ms.is_some_and(|asked| asked > now_ms + LATEST_EXPIRY_MS) {
        return Err("Error: The expiration date may be at most 90 days ahead.");
    }
    let reminder_days = info.reminder_frequency_days;
    let reminder_days = reminder_days.map(|days| days.min(LONGEST_REMINDER_DAYS));
    Ok(Extras {
        description: info.description.clone().or(old.description),
        copy_to: info.copy_to.clone().or(old.copy_to),
        return_url: info.return_url.clone().or(old.return_url),
        // Not copied since April 2025. (R)
        expires_ms,
        reminder_days: reminder_days.or(old.reminder_days),
        use_sequence: info.use_sequence.or(old.use_sequence),
        allow_delegation: info.allow_delegation.or(old.allow_delegation),
        email_options: info.email_options.or(old.email_options),
    })
}

/// The copy's signers; `None` when they are those of a made-up source. An id the source doesn't
/// have makes a new signer: made-up sources can't know a user's own. (A, assumption 35)
fn signers(
    source: &Session,
    request: &CopyRequest,
    mode: SignerMode,
) -> Result<Option<Vec<Signer>>, &'static str> {
    let Some(asked) = &request.signers else {
        return Ok(source.signers.clone());
    };
    let known = source.signers();
    let mut signers = match mode {
        SignerMode::Replace => Vec::with_capacity(asked.len()),
        SignerMode::Merge => known.to_vec(),
    };
    for (index, asked) in asked.iter().enumerate() {
        let id = asked.id();
        if id.is_none() && asked.email().is_none() {
            return Err(BAD_SIGNERS);
        }
        let has_id = |place: &usize| id == Some(source.signer_id(*place).to_string());
        let place = id
            .is_some()
            .then(|| (0..known.len()).find(has_id))
            .flatten();
        let signer = filled(asked, place.map(|place| &known[place]), index + 1);
        match place {
            Some(place) if mode == SignerMode::Merge => signers[place] = signer,
            _ => signers.push(signer),
        }
    }
    Ok(Some(signers).filter(|signers| *signers != made_up_signers()))
}

fn filled(asked: &AskedSigner, known: Option<&Signer>, number: usize) -> Signer {
    let text = |asked: Option<&str>, member: fn(&Signer) -> &String| {
        let known = || known.map(|signer| member(signer).as_str());
        asked.or_else(known).unwrap_or_default().to_owned()
    };
    let asked_sequence = asked.sequence.and_then(|number| number.try_into().ok());
    let merge_fields = asked.merge_field_mapping.as_ref().map(|fields| {
        let pair = |field: &super::wire::request::MergeField| {
            (field.key.clone(), field.value.clone().unwrap_or_default())
        };
        fields.iter().map(pair).collect()
    });
    Signer {
        first_name: text(asked.first_name.as_deref(), |signer| &signer.first_name),
        last_name: text(asked.last_name.as_deref(), |signer| &signer.last_name),
        email: text(asked.email(), |signer| &signer.email),
        role: text(asked.signer_role.as_deref(), |signer| &signer.role),
        sequence: asked_sequence
            .or(known.map(|signer| signer.sequence))
            .unwrap_or_else(|| number.try_into().unwrap_or(u8::MAX)),
        merge_fields: merge_fields
            .or_else(|| known.map(|signer| signer.merge_fields.clone()))
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Session {
        let id = "3f0c6c1e-0000-4000-8000-000000000001".parse().unwrap();
        Session::made_up(id, SessionState::InSent)
    }

    fn copied(signers: &str, signer_mode: SignerMode) -> Result<Session, &'static str> {
        let source = source();
        let signers = signers.replace("ID2", &source.signer_id(1).to_string());
        let body = format!(
            r#"{{"copyOptions":{{}},"session":{{"SigningSessionId":"{}","Signers":{signers}}}}}"#,
            source.id
        );
        let request = CopyRequest::read(body.as_bytes()).expect("a request");
        let settings = Settings {
            signer_mode,
            ..Settings::default()
        };
        copy_of(&source, &request, &settings, 0)
    }

    fn names(session: &Session) -> Vec<String> {
        let signers = session.signers();
        let name = |signer: &Signer| format!("{} {}", signer.last_name, signer.email);
        signers.iter().map(name).collect()
    }

    #[test]
    fn signers_come_together_by_the_mode() {
        let two = r#"[{"SignerId":"ID2","EmailAddress":"new@example.com"},
            {"EmailAddress":"ADA.byron@example.com"}]"#;
        let replaced = copied(two, SignerMode::Replace).unwrap();
        assert_eq!(
            names(&replaced),
            ["Carter new@example.com", " ADA.byron@example.com"]
        );
        let merged = copied(two, SignerMode::Merge).unwrap();
        assert_eq!(names(&merged)[1], "Carter new@example.com");
        let all = made_up_signers().len();
        assert_eq!(names(&merged).len(), all + 1);
        let kept = copied("null", SignerMode::Replace).unwrap();
        assert_eq!(names(&kept).len(), all);
    }

    /// A rehearsal of a large list keeps its sessions in a temporary file; those of made-up
    /// sources that are copied as they are take no room for signers there.
    #[test]
    fn made_up_signers_are_not_kept() {
        let kept = copied("null", SignerMode::Replace).unwrap();
        assert_eq!(kept.signers, None);
        assert_eq!(*kept.signers(), made_up_signers());
        let other = copied(
            r#"[{"EmailAddress":"ana@example.com"}]"#,
            SignerMode::Replace,
        );
        assert_eq!(other.unwrap().signers.map(|signers| signers.len()), Some(1));
    }

    #[test]
    fn a_signer_needs_an_id_or_an_address() {
        let nobody = copied(r#"[{"LastName":"X"}]"#, SignerMode::Replace);
        assert_eq!(nobody, Err(BAD_SIGNERS));
        let unknown = copied(r#"[{"SignerId":"s-1"}]"#, SignerMode::Replace);
        assert_eq!(names(&unknown.unwrap()).len(), 1);
    }
}
