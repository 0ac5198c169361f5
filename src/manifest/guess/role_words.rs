//! Words that say whose column it is: of the person who signs, of another one, of the second of two.

/// Whose a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Of those to whom such lists are mailed.
    Signer,
    /// Of those who mail, or who stand beside.
    Other,
}

/// Beginnings of words for people: a line for each kind, called by its first word.
const ROLES: [(Side, &str); 22] = {
    use Side::{Other, Signer};
    [
        (
            Signer,
            "tenant lessee renter resident mieter bewohner locataire preneur inquilin arrendatari",
        ),
        (
            Signer,
            "buyer purchaser kaufer acheteur acquereur comprador",
        ),
        (Signer, "client customer kunde kundin mandant cliente"),
        (Signer, "patient paciente"),
        (Signer, "member mitglied adherent socio"),
        (Signer, "employee mitarbeiter salarie empleado"),
        (Signer, "borrower darlehensnehmer"),
        (Signer, "insured versicherungsnehmer"),
        (Signer, "applicant bewerber"),
        (Signer, "student"),
        (Signer, "signer signatory unterzeichn signataire firmante"),
        (Signer, "recipient empfanger destinataire destinatario"),
        (Signer, "contact kontakt ansprechpartner contacto"),
        (
            Other,
            "landlord lessor owner vermieter eigentumer bailleur proprietaire arrendador propietari",
        ),
        (Other, "seller vendor verkaufer vendeur vendedor"),
        (Other, "agent broker makler mandataire agente"),
        (
            Other,
            "manager verwalter verwaltung inhaber kontaktinhaber sachbearbeiter betreuer gestionnaire conseiller gestor asesor",
        ),
        (
            Other,
            "sales rep representative commercial comercial assistant assistent",
        ),
        (
            Other,
            "creator created modified updated assigned ersteller erstellt geandert angelegt zugewiesen sender absender",
        ),
        (Other, "cc bcc reply"),
        (Other, "emergency notfall urgence emergencia"),
        (
            Other,
            "guarantor witness lawyer notary burge zeuge anwalt notar garant avocat notaire fiador abogado",
        ),
    ]
};

/// Words for the second of two.
const SECOND: &str = "second zweite zweiter zweites mit co partner spouse ehepartner ehegatte conjoint cotitulaire \
                      segundo segunda conyuge other alternate alternative andere autre otro";

/// Words without a weight of their own.
const FILLERS: &str = "address adresse adress de des du d la le les l el los del der die das dem von vom zum \
                       the of and und et y s main primary principal haupt standard value wert 1";

/// A word's ending may be a plural, a case or a gender.
const ENDING: usize = 4;

/// Whether a word is one of some, which are written with spaces between them.
pub(super) fn is_among(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|one| one == word)
}

pub(super) fn is_filler(word: &str) -> bool {
    is_among(FILLERS, word)
}

/// The kind of person that a word means, by the word's beginning, and whose side that is.
pub(super) fn role_of(word: &str) -> Option<(&'static str, Side)> {
    let is_beginning = |role: &&str| {
        let rest = word.strip_prefix(*role);
        rest.is_some_and(|rest| rest.len() <= if role.len() > 3 { ENDING } else { 0 })
    };
    let longest = |roles: &'static str| {
        let roles = roles.split_ascii_whitespace().filter(is_beginning);
        roles.map(str::len).max()
    };
    let found = ROLES
        .iter()
        .filter_map(|(side, roles)| Some((longest(roles)?, roles, *side)));
    let (_, roles, side) = found.max_by_key(|(length, ..)| *length)?;
    Some((roles.split(' ').next()?, side))
}

/// Whose a column is, by the words of its name: equal for the columns of one person.
pub(super) fn person_of(rest: &[String]) -> String {
    let words = rest
        .iter()
        .map(|word| role_of(word).map_or(word.as_str(), |(role, _)| role));
    words.collect::<Vec<_>>().join(" ")
}

/// The number of others that a person comes behind; none for somebody who is not to be mailed unasked.
pub(super) fn rank_of(rest: &[String]) -> Option<u32> {
    let ranks = rest
        .iter()
        .map(|word| match (role_of(word), word.parse::<u32>()) {
            (Some((_, Side::Other)), _) => None,
            (Some((_, Side::Signer)), _) => Some(0),
            (None, Ok(number)) => Some(number.saturating_mul(10)),
            (None, Err(_)) if is_among(SECOND, word) => Some(15),
            (None, Err(_)) => Some(2),
        });
    let ranks: Option<Vec<u32>> = ranks.collect();
    // A column of nobody in particular comes behind the one of a tenant or a client.
    Some(ranks?.into_iter().max().unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_a_column_is_does_not_depend_on_case_or_gender() {
        let person = |words: &str| {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            (person_of(&words), rank_of(&words))
        };
        assert_eq!(person("mieters"), ("tenant".into(), Some(0)));
        assert_eq!(person("mieterin"), person("tenant"));
        assert_eq!(person("vermieter"), ("landlord".into(), None));
        assert_eq!(person("account owner").1, None);
        assert_eq!(person("tenant 2"), ("tenant 2".into(), Some(20)));
        assert!(person("mitmieter").1 > person("mieter").1);
        assert!(person("private").1 < person("2").1);
    }
}
