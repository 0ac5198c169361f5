//! The sandbox seen from outside, over raw sockets: what is promised about bytes is checked on
//! the bytes.

use esign_copy::sandbox;

mod faults;
mod routes;
mod shapes;
mod state;
mod support;
