//! Addresses that are worth a second look: a domain one letter off a common provider's, and accounts of
//! a role instead of a person.

use std::collections::HashMap;

use super::address::canonical_address;

/// Common providers of mailboxes, in the order in which they are more likely to be meant.
const PROVIDERS: &str = "gmail.com outlook.com hotmail.com yahoo.com icloud.com googlemail.com aol.com live.com \
    msn.com me.com mac.com gmx.de web.de t-online.de gmx.net freenet.de outlook.de hotmail.de yahoo.de \
    live.de arcor.de online.de mail.de email.de posteo.de posteo.net mailbox.org vodafone.de kabelmail.de \
    unitybox.de gmx.com gmx.at gmx.ch gmx.fr gmx.es gmx.it gmx.eu aon.at chello.at a1.net bluewin.ch \
    sunrise.ch hispeed.ch orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr bbox.fr numericable.fr \
    club-internet.fr aliceadsl.fr outlook.fr hotmail.fr yahoo.fr live.fr outlook.es hotmail.es yahoo.es \
    live.es telefonica.net movistar.es terra.es ono.com libero.it virgilio.it alice.it tiscali.it tin.it \
    fastwebnet.it inwind.it email.it outlook.it hotmail.it yahoo.it live.it ziggo.nl hetnet.nl kpnmail.nl \
    live.nl hotmail.nl telenet.be skynet.be hotmail.be outlook.com.br hotmail.com.br yahoo.com.br uol.com.br \
    hotmail.co.uk yahoo.co.uk live.co.uk outlook.co.uk btinternet.com sky.com virginmedia.com talktalk.net \
    yahoo.ca hotmail.ca live.ca yahoo.ie yahoo.com.mx yahoo.com.ar yahoo.com.au yahoo.co.in yahoo.in \
    yahoo.co.jp yahoo.gr ymail.com rocketmail.com comcast.net verizon.net att.net sbcglobal.net cox.net \
    charter.net bellsouth.net earthlink.net rogers.com shaw.ca sympatico.ca protonmail.com protonmail.ch \
    proton.me pm.me zoho.com fastmail.com fastmail.fm mail.com email.com hey.com mail.ru yandex.ru yandex.com \
    ya.ru bk.ru inbox.ru list.ru wp.pl o2.pl onet.pl interia.pl seznam.cz centrum.cz qq.com 163.com 126.com \
    naver.com";

/// A name this short is one letter off too many others.
const SHORT: usize = 4;

/// So many domains are remembered.
const REMEMBERED: usize = 1_000;

/// Domains with the common provider's that was probably meant; remembered, because most rows of a list
/// share a few.
#[derive(Debug, Default)]
pub struct DomainSlips(HashMap<String, Option<&'static str>>);

impl DomainSlips {
    /// The domain of an address, and the one that was probably meant; none where it is a common one, or
    /// far from all.
    pub fn of(&mut self, address: &str) -> Option<(String, &'static str)> {
        let address = canonical_address(address);
        let (_, domain) = address.rsplit_once('@')?;
        if let Some(known) = self.0.get(domain) {
            return known.map(|meant| (domain.to_owned(), meant));
        }
        if self.0.len() == REMEMBERED {
            self.0.clear();
        }
        let meant = meant_domain(domain);
        self.0.insert(domain.to_owned(), meant);
        meant.map(|meant| (domain.to_owned(), meant))
    }
}

fn meant_domain(domain: &str) -> Option<&'static str> {
    let mut providers = PROVIDERS.split_whitespace();
    if providers.clone().any(|provider| provider == domain) {
        return None;
    }
    providers.find(|provider| is_slip(domain, provider))
}

/// Whether one domain is the other with one letter more, less, changed, or swapped with the next.
fn is_slip(domain: &str, provider: &str) -> bool {
    let (Some((name, end)), Some((known, known_end))) =
        (domain.split_once('.'), provider.split_once('.'))
    else {
        return false;
    };
    // Two countries' domains of one name may be two companies.
    let are_countries = end.len() == 2 && known_end.len() == 2 || end.contains('.');
    if name == known {
        return !are_countries && strsim::osa_distance(end, known_end) == 1;
    }
    end == known_end
        && strsim::osa_distance(name, known) == 1
        && (known.len() > SHORT || is_swap_or_repetition(name, known))
}

/// What fingers do, and what makes no other word: `wbe`, `gmxx`.
fn is_swap_or_repetition(name: &str, known: &str) -> bool {
    let mut once: Vec<char> = name.chars().collect();
    once.dedup();
    name.chars().count() == known.chars().count() && {
        let sorted = |text: &str| {
            let mut letters: Vec<char> = text.chars().collect();
            letters.sort_unstable();
            letters
        };
        sorted(name) == sorted(known)
    } || once.into_iter().eq(known.chars())
}

/// Names of mailboxes that belong to a role (RFC 2142 and common ones).
const ROLES: &str = " info marketing sales support abuse noc security postmaster hostmaster webmaster \
    admin administrator office contact hello mail email noreply no-reply donotreply do-not-reply newsletter \
    billing accounts accounting invoice invoices orders hr jobs team help helpdesk service reception \
    kontakt buero b\u{fc}ro verwaltung rechnung rechnungen buchhaltung vertrieb verkauf empfang sekretariat \
    zentrale poststelle post bewerbung hausverwaltung accueil secretariat facturation compta comptabilite \
    commercial direction contacto ventas administracion facturacion oficina secretaria recepcion contatti \
    amministrazione vendite segreteria ufficio fatturazione ";

/// Whether an address is a role's, which several people may read, or nobody.
pub fn is_role_account(address: &str) -> bool {
    let address = canonical_address(address);
    let name = address.split(['@', '+']).next().unwrap_or_default();
    !name.is_empty() && ROLES.contains(&format!(" {name} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_off_a_provider_is_a_slip() {
        for (domain, meant) in [
            ("gmial.com", "gmail.com"),
            ("gmai.com", "gmail.com"),
            ("gmail.con", "gmail.com"),
            ("gmail.co", "gmail.com"),
            ("GMAIL.cm", "gmail.com"),
            ("hotmial.fr", "hotmail.fr"),
            ("outlok.de", "outlook.de"),
            ("gmxx.de", "gmx.de"),
            ("wbe.de", "web.de"),
            ("t-onlin.de", "t-online.de"),
            ("tonline.de", "t-online.de"),
            ("oragne.fr", "orange.fr"),
            ("libeor.it", "libero.it"),
            ("yaho.co.uk", "yahoo.co.uk"),
        ] {
            let mut slips = DomainSlips::default();
            let found = slips.of(&format!("ana@{domain}"));
            assert_eq!(slips.of(&format!("bo@{domain}")), found);
            assert_eq!(found, Some((domain.to_lowercase(), meant)), "{domain}");
        }
        for domain in [
            "gmail.com",
            "mail.com",
            "email.com",
            "ymail.com",
            "gmx.net",
            "gmx.dk",
            "weg.de",
            "live.cn",
            "love.com",
            "bol.com",
            "hotmail.gr",
            "example.com",
            "yahoo.co.id",
            "a.de",
            "he.com",
        ] {
            assert_eq!(meant_domain(domain), None, "{domain}");
        }
    }

    #[test]
    fn a_role_is_told_from_a_person() {
        for name in ["info", "No-Reply", "kontakt", "b\u{fc}ro", "sales+de"] {
            assert!(is_role_account(&format!("{name}@example.com")), "{name}");
        }
        for name in ["ana", "information", "office.li", "b.info", "infos"] {
            assert!(!is_role_account(&format!("{name}@example.com")), "{name}");
        }
    }
}
