//! One viewer's link over a WebSocket.
