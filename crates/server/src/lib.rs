//! HTTP routes, login, static files; drives the session.
