//! The whole program, as its users see it: one binary, many modules.

mod sandbox;
mod transfer;
