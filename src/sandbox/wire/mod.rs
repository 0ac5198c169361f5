//! Requests as they come, and answers as they leave: the service's paths, members and shapes.

pub(super) mod answer;
pub(super) mod fault_effects;
pub(super) mod json;
pub(super) mod members;
pub(super) mod request;
pub(super) mod response;
pub(super) mod routes;
