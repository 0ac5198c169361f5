//! The sandbox seen from outside, over raw sockets: what is promised about bytes is checked on
//! the bytes.

use esign_copy::sandbox;

mod answer_styles;
mod faults;
mod routes;
mod state;
mod support;
