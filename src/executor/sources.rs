//! Reads source sessions, for `check --online`.

use futures::{Stream, StreamExt};

use super::read_with_retries::{read_with_retries, standalone_client, take_all};
use super::{ClientSettings, Credentials, Stop, Transport};
use crate::job::{Column, CopyRequest, FieldProblem, SessionId, Signer, SignerColumn};
use crate::request::{RemoteSession, RemoteSigner};

/// Reads sessions and gives each, or why it could not be read, to `take`.
///
/// # Errors
/// What stopped it before its end.
pub async fn read_sources<T: Transport>(
    transport: T,
    credentials: Credentials,
    settings: &ClientSettings,
    sources: impl Stream<Item = SessionId>,
    mut take: impl FnMut(SessionId, Result<RemoteSession, String>),
) -> Result<(), Stop> {
    let service = &standalone_client(transport, credentials, settings);
    let read = sources.map(|source| async move {
        let session = read_with_retries(service, || service.reads.session(source)).await;
        (source, session)
    });
    let take = |(source, session)| take(source, session);
    take_all(service, settings.concurrency, read, take).await
}

/// What of a row's signers does not fit the session that it copies: ids and roles that the source
/// does not have, and an address that several of its signers share (`docs/service.md`, "Copies": an
/// address is no key). What the answer lacks is not judged.
pub fn misfits(request: &CopyRequest, source: &RemoteSession) -> Vec<FieldProblem> {
    let Some(signers) = &source.signers else {
        return Vec::new();
    };
    let numbered = (1..).zip(&request.signers);
    numbered
        .flat_map(|(number, signer)| misfits_of(number, signer, signers))
        .collect()
}

fn misfits_of(number: u16, signer: &Signer, source: &[RemoteSigner]) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let mut problem = |member, text: String| {
        let column = Column::Signer(number, member);
        problems.push(FieldProblem { column, text });
    };
    let shows = |is_shown: fn(&RemoteSigner) -> bool| source.iter().all(is_shown);
    let is = |has: &Option<String>, wanted: &str| {
        has.as_deref()
            .is_some_and(|has| has.eq_ignore_ascii_case(wanted))
    };
    if let Some(id) = signer.text(&SignerColumn::Id)
        && shows(|signer| signer.id.is_some())
        && !source.iter().any(|signer| is(&signer.id, id))
    {
        let text = format!("the source session has no signer with the id '{id}'");
        problem(SignerColumn::Id, text);
    }
    if let Some(role) = signer.text(&SignerColumn::Role)
        && shows(|signer| signer.role.is_some())
        && !source.iter().any(|signer| is(&signer.role, role))
    {
        let roles: Vec<&str> = source.iter().filter_map(|it| it.role.as_deref()).collect();
        let roles = roles.join("', '");
        let text = format!("the source session has no role '{role}'; it has '{roles}'");
        problem(SignerColumn::Role, text);
    }
    let text = |member| signer.text(&member);
    if let (None, Some(email)) = (text(SignerColumn::Id), text(SignerColumn::Email)) {
        let sharing = source.iter().filter(|signer| is(&signer.email, email));
        let count = sharing.count();
        if count > 1 {
            let text = format!(
                "{count} signers of the source session have '{email}'; add the id of the one \
                 that you mean"
            );
            problem(SignerColumn::Email, text);
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Fields;

    fn signer(id: &str, email: &str, role: &str) -> RemoteSigner {
        RemoteSigner {
            id: Some(id.into()),
            email: Some(email.into()),
            role: Some(role.into()),
            name: String::new(),
        }
    }

    fn source(signers: Option<Vec<RemoteSigner>>) -> RemoteSession {
        RemoteSession {
            id: SessionId::parse("3f0c6c1e-0000-4000-8000-000000000001").unwrap(),
            transaction_id: None,
            titles: Vec::new(),
            created_at: None,
            owner_email: None,
            signers,
        }
    }

    fn problems(cells: &[(&str, &str)], source: &RemoteSession) -> Vec<FieldProblem> {
        let mut fields = Fields::default();
        fields.set(Column::SourceSessionId, &source.id.to_string());
        for (name, text) in cells {
            fields.set(name.parse().unwrap(), text);
        }
        let request = CopyRequest::from_fields(&fields).unwrap();
        misfits(&request, source)
    }

    fn columns(cells: &[(&str, &str)], source: &RemoteSession) -> Vec<String> {
        let problems = problems(cells, source).into_iter();
        problems.map(|problem| problem.column.to_string()).collect()
    }

    #[test]
    fn ids_and_roles_must_be_the_source_s() {
        let source = source(Some(vec![
            signer("S-1", "a@example.com", "Tenant 1"),
            signer("S-2", "b@example.com", "Owner"),
        ]));
        let good = [
            ("signer_1_id", "s-1"),
            ("signer_1_role", "tenant 1"),
            ("signer_2_email", "new@example.com"),
        ];
        assert!(columns(&good, &source).is_empty());
        let bad = [("signer_1_id", "S-3"), ("signer_1_role", "Buyer")];
        let found = problems(&bad, &source);
        assert_eq!(
            found[0].text,
            "the source session has no signer with the id 'S-3'"
        );
        let roles = "the source session has no role 'Buyer'; it has 'Tenant 1', 'Owner'";
        assert_eq!(found[1].text, roles);
        assert_eq!(columns(&bad, &source), ["signer_1_id", "signer_1_role"]);
    }

    #[test]
    fn an_address_that_two_signers_share_names_neither() {
        let run = source(Some(vec![
            signer("S-1", "a@example.com", "A"),
            signer("S-2", "a@example.com", "B"),
        ]));
        let by_email = [("signer_1_email", "A@example.com")];
        assert_eq!(columns(&by_email, &run), ["signer_1_email"]);
        let by_id = [("signer_1_email", "a@example.com"), ("signer_1_id", "S-2")];
        assert!(columns(&by_id, &run).is_empty());
        assert!(columns(&by_email, &source(None)).is_empty());
    }
}
