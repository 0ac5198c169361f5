//! How answers look where the service's documents leave it open. Numbers are those of the
//! project's list of assumptions.

use crate::sandbox::error::SettingError;

/// The shape of every answer. The default is the most defensible reading of the documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// The member that holds the session objects. (I, assumption 10)
    pub session: SessionMember,
    /// Whether answers stand in a single root member ending in `Result`. (W, assumption 10)
    pub wrapping: Wrapping,
    /// The letter case of member names. (W)
    pub names: Names,
    /// Where a copy's answer shows the new id. (S, assumption 11)
    pub id: IdPlace,
    /// The member of a session object that holds its id. (S, assumption 11)
    pub session_id: SessionIdName,
    /// What a failed copy has as its id. (W)
    pub failure_id: FailureId,
    /// Whether successes carry `Message` and `Details`. (I, assumption 12)
    pub envelope: Envelope,
    /// What `Details` holds in a success. (I, assumption 12)
    pub details: Details,
    /// How errors of the business kind arrive. (I, assumption 13)
    pub errors: ErrorStyle,
    /// What a null result looks like. (W, assumption 14)
    pub null: NullStyle,
    /// The member that holds the lite list. (A, assumption 23)
    pub list: ListMember,
    /// How dates are written. (W)
    pub dates: DateStyle,
}

/// Makes an enum whose variants have written names, so that shapes can be said on a command line.
macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every variant, the default first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The written name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::sandbox::error::SettingError;

            fn from_str(text: &str) -> Result<Self, crate::sandbox::error::SettingError> {
                Self::ALL.iter().copied().find(|known| known.name() == text).ok_or_else(|| {
                    let names: Vec<_> = Self::ALL.iter().map(|known| known.name()).collect();
                    crate::sandbox::error::SettingError::new(format!("'{text}' is none of {}", names.join(", ")))
                })
            }
        }
    };
}
pub(in crate::sandbox) use named;

named! {
    /// The member that holds the session objects.
    SessionMember {
        /// `"Session": [ {…} ]`, after the one sibling class that is documented.
        #[default]
        SessionArray = "Session[]",
        /// `"Sessions": [ {…} ]`.
        SessionsArray = "Sessions[]",
        /// `"Session": {…}`, as the prose on copying has it; lists of many stay arrays.
        SessionObject = "Session{}",
        /// `"SigningSessions": [ {…} ]`.
        SigningSessionsArray = "SigningSessions[]",
    }
}

named! {
    /// Whether answers stand in a single root member.
    Wrapping {
        /// Bare, as every sample reads them.
        #[default]
        Bare = "bare",
        /// Only copies: `{ "CopySigningSessionResult": {…} }`.
        Copies = "copies",
        /// Every call: `{ "<Method>Result": {…} }`, as a fully wrapped WCF service does.
        Everything = "everything",
    }
}

named! {
    /// The letter case of member names.
    Names {
        /// `SigningSessionId`.
        #[default]
        Pascal = "PascalCase",
        /// `signingSessionId`.
        Camel = "camelCase",
    }
}

named! {
    /// Where a copy's answer shows the new id.
    IdPlace {
        /// At the root and in the session object.
        #[default]
        Both = "both",
        /// At the root only; the session member is null.
        RootOnly = "root",
        /// In the session object only; the root's is null.
        SessionOnly = "session",
        /// At the root and in the session, but the source's id.
        Source = "source",
        /// The empty GUID in both places.
        Zero = "zero",
        /// Nowhere: null in both places.
        Absent = "none",
    }
}

named! {
    /// The member of a session object that holds its id.
    SessionIdName {
        /// `SigningSessionId`.
        #[default]
        SigningSessionId = "SigningSessionId",
        /// `Id`, as UpdateSession's sample writes it.
        Id = "Id",
    }
}

named! {
    /// What a failed copy has as its id.
    FailureId {
        /// `null`.
        #[default]
        Null = "null",
        /// The empty GUID, as a non-nullable member would have it.
        Zero = "zero",
    }
}

named! {
    /// Whether successes carry `Message` and `Details`. Errors always do: nothing else tells them.
    Envelope {
        /// `"Message": "Success", "Details": …`.
        #[default]
        MessageDetails = "message-details",
        /// Neither.
        Bare = "bare",
    }
}

named! {
    /// What `Details` holds in a success.
    Details {
        /// `[]`.
        #[default]
        Empty = "empty",
        /// `null`.
        Null = "null",
        /// A list with a remark in it.
        Filled = "filled",
    }
}

named! {
    /// How errors of the business kind arrive.
    ErrorStyle {
        /// 200 with `Message: Error` and the texts in `Details`.
        #[default]
        Envelope = "envelope",
        /// A null result.
        Null = "null",
        /// 400 with an HTML page.
        BadRequestHtml = "http400-html",
        /// 500 with an HTML page.
        ServerError = "http500",
    }
}

named! {
    /// What a null result looks like.
    NullStyle {
        /// 200 with an empty body.
        #[default]
        Empty = "empty",
        /// 200 with the body `null`.
        Literal = "literal",
    }
}

named! {
    /// The member that holds the lite list.
    ListMember {
        /// `SessionInfoLiteViews`.
        #[default]
        SessionInfoLiteViews = "SessionInfoLiteViews",
        /// `Sessions`.
        Sessions = "Sessions",
        /// `Session`.
        Session = "Session",
        /// `Data`.
        Data = "Data",
        /// `Items`.
        Items = "Items",
    }
}

named! {
    /// How dates are written. In JSON the slashes are escaped: `\/Date(…)\/`.
    DateStyle {
        /// `/Date(ms)/`.
        #[default]
        Utc = "utc",
        /// `/Date(ms-0500)/`; the milliseconds are the same, the offset only decorates.
        Offset = "offset",
        /// `/Date(-62135596800000)/`: the year 1, what an unset non-nullable date becomes.
        Minimum = "minimum",
        /// The year 1 with an offset.
        MinimumOffset = "minimum-offset",
    }
}

impl Shape {
    /// Sets one part of the shape by its name and that of its style, as a command line says it:
    /// `session` and `Sessions[]`.
    ///
    /// # Errors
    /// When there is no such part or it has no such style; says which there are.
    pub fn set(&mut self, part: &str, style: &str) -> Result<(), SettingError> {
        match part {
            "session" => self.session = style.parse()?,
            "wrapping" => self.wrapping = style.parse()?,
            "names" => self.names = style.parse()?,
            "id" => self.id = style.parse()?,
            "session-id" => self.session_id = style.parse()?,
            "failure-id" => self.failure_id = style.parse()?,
            "envelope" => self.envelope = style.parse()?,
            "details" => self.details = style.parse()?,
            "errors" => self.errors = style.parse()?,
            "null" => self.null = style.parse()?,
            "list" => self.list = style.parse()?,
            "dates" => self.dates = style.parse()?,
            _ => {
                return Err(SettingError::new(format!(
                    "'{part}' is none of session, wrapping, names, id, session-id, failure-id, \
                     envelope, details, errors, null, list, dates"
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_defaults_come_first() {
        for shape in SessionMember::ALL {
            assert_eq!(shape.name().parse(), Ok(*shape));
        }
        assert_eq!(ListMember::ALL[0], ListMember::default());
        assert!("Session".parse::<SessionMember>().is_err());
    }
}
