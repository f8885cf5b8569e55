//! The whole program, told as stories: the real binary, real files, real databases and servers.

mod support;

mod audit;
mod configuration;
mod content_server;
mod daemon;
mod determinism;
mod kill;
mod portal;
mod publishing;
mod registry;
mod review;
mod rules;
mod samba;
mod samples;
mod sandbox;
mod transfer;
