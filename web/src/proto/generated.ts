// Generated from crates/proto by `cargo xtask generate`; edits are lost.

/** Every reason to close a socket. The code decides what the page does. */
export const CLOSE = {
  shuttingDown: { code: 4000, reason: "server shutting down" },
  superseded: { code: 1000, reason: "Superseded by new client" },
  refused: { code: 1008, reason: "refused" },
  tooLarge: { code: 1009, reason: "message too large" },
  full: { code: 1013, reason: "no room for another viewer" },
} as const;

/** First words of text messages of a page, with the character that follows them. */
export const CLIENT_VERB = {
  gzip: "_gz,",
  ours: "_selkies,",
  clipForms: "_clip,",
  settings: "SETTINGS,",
  frameAck: "CLIENT_FRAME_ACK ",
  requestKeyframe: "REQUEST_KEYFRAME",
  startVideo: "START_VIDEO",
  stopVideo: "STOP_VIDEO",
  startAudio: "START_AUDIO",
  stopAudio: "STOP_AUDIO",
  resize: "r,",
  keyDown: "kd,",
  keyUp: "ku,",
  keysHeld: "kh,",
  releaseKeys: "kr",
  pointerAt: "m,",
  pointerMoved: "m2,",
  pointerVisible: "p,",
  nativeCursor: "SET_NATIVE_CURSOR_RENDERING,",
  fetchClipboard: "cr",
  clipboardNow: "REQUEST_CLIPBOARD",
  clipboardText: "cw,",
  clipboardBinary: "cb,",
  clipboardTextStart: "cws,",
  clipboardTextData: "cwd,",
  clipboardTextEnd: "cwe,",
  clipboardBinaryStart: "cbs,",
  clipboardBinaryData: "cbd,",
  clipboardBinaryEnd: "cbe,",
  binaryClipboard: "_ebc,",
  liveFramerate: "_arg_fps,",
  liveBitrate: "vb,",
  liveRateControl: "_rc,",
  liveCrf: "_crf,",
  liveAudioBitrate: "ab,",
  gamepad: "js,",
  ping: "_ping,",
  markInput: "_input,",
} as const;

/** First words of text messages of a server, likewise. */
export const SERVER_VERB = {
  gzip: "_gz,",
  ours: "_selkies,",
  clipForms: "_clip,",
  mode: "MODE ",
  displays: "DISPLAY_CONFIG_UPDATE,",
  pipelineResetting: "PIPELINE_RESETTING ",
  videoStarted: "VIDEO_STARTED",
  videoStopped: "VIDEO_STOPPED",
  audioStarted: "AUDIO_STARTED",
  audioStopped: "AUDIO_STOPPED",
  audioDisabled: "AUDIO_DISABLED",
  microphoneDisabled: "MICROPHONE_DISABLED",
  kill: "KILL ",
  system: "system,",
  cursor: "cursor,",
  clipReply: "clipboard_reply,",
  clipText: "clipboard,",
  clipBinary: "clipboard_binary,",
  clipStart: "clipboard_start,",
  clipData: "clipboard_data,",
  clipFinish: "clipboard_finish",
  pong: "_pong,",
  trace: "_trace,",
} as const;

/** First bytes of binary frames. */
export const KIND = {
  audio: 0x01,
  microphone: 0x02,
  jpeg: 0x03,
  h264: 0x04,
  gzip: 0x05,
} as const;

/** Bytes before the data of a picture chunk. */
export const HEADER_BYTES = {
  jpeg: 6,
  h264: 10,
} as const;

/** How large things may be, and how often they come (milliseconds). */
export const LIMIT = {
  message: 8388608,
  json: 65536,
  values: 64,
  text: 256,
  displayName: 32,
  heldKeys: 64,
  notches: 64,
  relative: 32767,
  keysym: 536870911,
  gamepads: 4,
  mime: 64,
  clipForms: 8,
  clipPart: 24576,
  earlierSound: 4,
  speech: 7656,
  speechRate: 100,
  gzipFrom: 512,
  ackInterval: 50,
  heartbeat: 100,
} as const;
