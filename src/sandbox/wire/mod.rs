//! Requests as they come, and answers as they leave: the service's paths, members and shapes.

pub(super) mod answer;
pub(super) mod json;
pub(super) mod payload;
pub(super) mod request;
pub(super) mod routes;
pub(super) mod spoil;
