//! How answers look where the service's documents leave it open. Numbers are those of the
//! project's list of assumptions.

use crate::sandbox::choice::choice;
use crate::sandbox::error::SettingError;

/// Makes the answer style and its parts: member, name on a command line, styles. A part's first style is
/// its default.
macro_rules! answer_style {
    ($($(#[$doc:meta])* $member:ident $part:literal: $style:ident { $($styles:tt)+ })+) => {
        $(choice! { $(#[$doc])* $style { $($styles)+ } })+

        /// The style of every answer. The default is the most defensible reading of the documents.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct AnswerStyle {
            $($(#[$doc])* pub $member: $style,)+
        }

        impl AnswerStyle {
            /// Sets one part of the style by its name and that of its style, as a command line
            /// says it: `session` and `Sessions[]`.
            ///
            /// # Errors
            /// When there is no such part or it has no such style; says which there are.
            pub fn set(&mut self, part: &str, style: &str) -> Result<(), SettingError> {
                match part {
                    $($part => self.$member = style.parse()?,)+
                    _ => {
                        let parts = [$($part),+].join(", ");
                        return Err(SettingError::new(format!("'{part}' is not one of {parts}")));
                    }
                }
                Ok(())
            }
        }
    };
}

answer_style! {
    /// The member that holds the session objects. (I, assumption 10)
    session "session": SessionMember {
        /// `"Session": [ {…} ]`, after the one sibling class that is documented.
        SessionArray = "Session[]",
        /// `"Sessions": [ {…} ]`.
        SessionsArray = "Sessions[]",
        /// `"Session": {…}`, as the prose on copying has it; lists of many stay arrays.
        SessionObject = "Session{}",
        /// `"SigningSessions": [ {…} ]`.
        SigningSessionsArray = "SigningSessions[]",
    }
    /// Whether answers stand in a single root member. (W, assumption 10)
    wrapping "wrapping": Wrapping {
        /// Bare, as every sample reads them.
        Bare = "bare",
        /// Only copies: `{ "CopySigningSessionResult": {…} }`.
        Copies = "copies",
        /// Every call: `{ "<Method>Result": {…} }`, as a fully wrapped WCF service does.
        Everything = "everything",
    }
    /// The letter case of member names. (W)
    names "names": Names {
        /// `SigningSessionId`.
        Pascal = "PascalCase",
        /// `signingSessionId`.
        Camel = "camelCase",
    }
    /// Where a copy's answer shows the new id. (S, assumption 11)
    id "id": IdPlace {
        /// At the root and in the session object.
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
    /// The member of a session object that holds its id. (S, assumption 11)
    session_id "session-id": SessionIdName {
        /// `SigningSessionId`.
        SigningSessionId = "SigningSessionId",
        /// `Id`, as UpdateSession's sample writes it.
        Id = "Id",
    }
    /// What a failed copy has as its id. (W)
    failure_id "failure-id": FailureId {
        /// `null`.
        Null = "null",
        /// The empty GUID, as a non-nullable member would have it.
        Zero = "zero",
    }
    /// Whether successes carry `Message` and `Details`. Errors always do: nothing else shows that they are errors. (I, assumption 12)
    envelope "envelope": Envelope {
        /// `"Message": "Success", "Details": …`.
        MessageDetails = "message-details",
        /// Neither.
        Bare = "bare",
    }
    /// What `Details` holds in a success. (I, assumption 12)
    details "details": Details {
        /// `[]`.
        Empty = "empty",
        /// `null`.
        Null = "null",
        /// A list with a remark in it.
        Filled = "filled",
    }
    /// How errors of the business kind arrive. (I, assumption 13)
    errors "errors": ErrorStyle {
        /// 200 with `Message: Error` and the texts in `Details`.
        Envelope = "envelope",
        /// A null result.
        Null = "null",
        /// 400 with an HTML page.
        BadRequestHtml = "http400-html",
        /// 500 with an HTML page.
        ServerError = "http500",
    }
    /// What a null result looks like. (W, assumption 14)
    null "null": NullStyle {
        /// 200 with an empty body.
        Empty = "empty",
        /// 200 with the body `null`.
        Literal = "literal",
    }
    /// The member that holds the lite list. (A, assumption 23)
    list "list": ListMember {
        /// `SessionInfoLiteViews`.
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
    /// How dates are written. In JSON the slashes are escaped: `\/Date(…)\/`. (W)
    dates "dates": DateStyle {
        /// `/Date(ms)/`.
        Utc = "utc",
        /// `/Date(ms-0500)/`; the milliseconds are the same, the offset only decorates.
        Offset = "offset",
        /// `/Date(-62135596800000)/`: the year 1, what an unset non-nullable date becomes.
        Minimum = "minimum",
        /// The year 1 with an offset.
        MinimumOffset = "minimum-offset",
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
