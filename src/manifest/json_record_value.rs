//! A JSON value of which only an object is taken, with its members as they are written.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The members of an object in their order, equal names included, each with its value as written.
pub(super) type Members = Vec<(String, Box<RawValue>)>;

/// A JSON value that should be an object.
pub(super) enum RecordValue {
    Object(Members),
    /// What it is instead.
    Other(&'static str),
}

impl<'de> Deserialize<'de> for RecordValue {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(ElementVisitor)
    }
}

/// Scalars, each with what it is instead of an object.
macro_rules! others {
    ($($visit:ident: $scalar:ty => $what:literal;)+) => {
        $(fn $visit<E>(self, _: $scalar) -> Result<RecordValue, E> {
            Ok(RecordValue::Other($what))
        })+
    };
}

struct ElementVisitor;

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = RecordValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<RecordValue, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(RecordValue::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<RecordValue, A::Error> {
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(RecordValue::Other("an array"))
    }

    others! {
        visit_str: &str => "text";
        visit_bool: bool => "true or false";
        visit_i64: i64 => "a number";
        visit_u64: u64 => "a number";
        visit_f64: f64 => "a number";
    }

    fn visit_unit<E>(self) -> Result<RecordValue, E> {
        Ok(RecordValue::Other("null"))
    }
}
