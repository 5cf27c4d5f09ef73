//! Keys and pointer on a real X server: what is injected is what a program gets.

#[path = "input/app.rs"]
mod app;
#[path = "input/commands.rs"]
mod commands;
#[path = "input/company.rs"]
mod company;
#[path = "input/keys.rs"]
mod keys;
#[path = "input/layouts.rs"]
mod layouts;
#[path = "input/modifiers.rs"]
mod modifiers;
#[path = "input/pointer.rs"]
mod pointer;
#[path = "input/programs.rs"]
mod programs;
#[path = "input/repeat.rs"]
mod repeat;
#[path = "input/speed.rs"]
mod speed;
