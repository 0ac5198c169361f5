//! Words that say whose column it is: of the person who signs, of another one, of the second of two.

/// Whose a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Of those to whom such lists are mailed.
    Signer,
    /// Of those who mail, or who stand beside.
    Other,
}

/// Beginnings of words for people who sign.
const SIGNERS: &str = "tenant lessee renter client customer buyer purchaser patient member employee applicant \
                       borrower student signer signatory recipient contact resident mieter kaufer kunde \
                       kundin mandant mitglied mitarbeiter bewerber darlehensnehmer versicherungsnehmer \
                       unterzeichn empfanger kontakt bewohner locataire acheteur acquereur preneur adherent \
                       salarie signataire destinataire inquilin arrendatari comprador cliente paciente socio \
                       empleado firmante destinatario contacto";

/// Beginnings of words for others.
const OTHERS: &str = "landlord lessor owner agent broker seller vendor manager assistant rep sales \
                      representative created creator modified sender cc bcc emergency guarantor \
                      witness vermieter verkaufer eigentumer makler verwalter verwaltung sachbearbeiter betreuer \
                      ersteller absender notfall burge assistent zeuge bailleur proprietaire gestionnaire \
                      vendeur mandataire commercial conseiller garant urgence arrendador propietari vendedor \
                      agente gestor asesor comercial fiador emergencia";

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

/// The person that a word means, by the word's beginning, and whose side that is.
pub(super) fn role_of(word: &str) -> Option<(&'static str, Side)> {
    let begins = |role: &&&str| {
        let rest = word.strip_prefix(**role);
        rest.is_some_and(|rest| rest.len() <= if role.len() > 3 { ENDING } else { 0 })
    };
    let longest = |roles: &'static str| {
        let roles: Vec<&'static str> = roles.split_ascii_whitespace().collect();
        roles
            .iter()
            .filter(begins)
            .max_by_key(|role| role.len())
            .copied()
    };
    let signer = longest(SIGNERS).map(|role| (role, Side::Signer));
    signer.or_else(|| longest(OTHERS).map(|role| (role, Side::Other)))
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
        assert_eq!(person("mieters"), ("mieter".into(), Some(0)));
        assert_eq!(person("mieterin"), person("mieter"));
        assert_eq!(person("vermieter"), ("vermieter".into(), None));
        assert_eq!(person("account owner").1, None);
        assert_eq!(person("tenant 2"), ("tenant 2".into(), Some(20)));
        assert!(person("mitmieter").1 > person("mieter").1);
        assert!(person("private").1 < person("2").1);
    }
}
