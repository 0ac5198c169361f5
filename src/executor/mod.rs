mod ports;
pub use ports::*;
