import { toBase64 } from './base64.ts';
import { CLIENT_VERB, KIND, LIMIT } from './generated.ts';
import type { Bytes, ClientMessage, GamepadMessage, Proposal } from './messages.ts';

/** The form of what was copied that has verbs of its own. */
export const PLAIN = 'text/plain';

/** The text frame of a message. */
export function encode(message: ClientMessage): string {
  switch (message.type) {
    case 'capabilities':
      return (
        CLIENT_VERB.ours +
        JSON.stringify({
          desktop_state: message.desktopState,
          each_ack: message.eachAck,
          trace: message.trace,
          clips: message.clips,
          rumble: message.rumble,
        })
      );
    case 'ping':
      return `${CLIENT_VERB.ping}${message.number}`;
    case 'mark_input':
      return `${CLIENT_VERB.markInput}${message.id}`;
    case 'settings':
      return CLIENT_VERB.settings + JSON.stringify(settingsObject(message.proposal));
    case 'frame_ack':
      return `${CLIENT_VERB.frameAck}${message.id}`;
    case 'request_keyframe':
      return CLIENT_VERB.requestKeyframe;
    case 'start_video':
      return CLIENT_VERB.startVideo;
    case 'stop_video':
      return CLIENT_VERB.stopVideo;
    case 'start_audio':
      return CLIENT_VERB.startAudio;
    case 'stop_audio':
      return CLIENT_VERB.stopAudio;
    case 'resize':
      return `${CLIENT_VERB.resize}${message.width}x${message.height},${message.display}`;
    case 'key_down':
      return `${CLIENT_VERB.keyDown}${message.keysym}`;
    case 'key_up':
      return `${CLIENT_VERB.keyUp}${message.keysym}`;
    case 'keys_held':
      return CLIENT_VERB.keysHeld + message.keysyms.slice(0, LIMIT.heldKeys).join(',');
    case 'release_keys':
      return CLIENT_VERB.releaseKeys;
    case 'pointer_at':
      return `${CLIENT_VERB.pointerAt}${message.x},${message.y},${message.mask},${message.notches}`;
    case 'draw_cursor':
      return `${CLIENT_VERB.nativeCursor}${message.on ? 1 : 0}`;
    case 'pointer_moved':
      return `${CLIENT_VERB.pointerMoved}${message.dx},${message.dy},${message.mask},${message.notches}`;
    case 'gamepad':
      return CLIENT_VERB.gamepad + gamepadText(message);
    case 'fetch_clipboard':
      return CLIENT_VERB.fetchClipboard;
    case 'clip_forms':
      return `${CLIENT_VERB.clipForms}${message.count}`;
    case 'clip_whole':
      return message.mime === PLAIN
        ? CLIENT_VERB.clipboardText + toBase64(message.payload)
        : `${CLIENT_VERB.clipboardBinary}${message.mime},${toBase64(message.payload)}`;
    case 'clip_start':
      return message.mime === PLAIN
        ? `${CLIENT_VERB.clipboardTextStart}${message.id},${message.bytes}`
        : `${CLIENT_VERB.clipboardBinaryStart}${message.id},${message.mime},${message.bytes}`;
    case 'clip_part': {
      const verb = message.binary ? CLIENT_VERB.clipboardBinaryData : CLIENT_VERB.clipboardTextData;
      return `${verb}${message.id},${toBase64(message.payload)}`;
    }
    case 'clip_end':
      return `${message.binary ? CLIENT_VERB.clipboardBinaryEnd : CLIENT_VERB.clipboardTextEnd}${message.id}`;
  }
}

/** The binary frame of one packet of the microphone. */
export function encodeSpeech(packet: Uint8Array): Bytes {
  const frame = new Uint8Array(packet.length + 1);
  frame[0] = KIND.microphone;
  frame.set(packet, 1);
  return frame;
}

function gamepadText(message: GamepadMessage): string {
  const { slot } = message;
  switch (message.event) {
    case 'connected':
      return `c,${slot},${latin1(message.name)},${message.axes},${message.buttons}`;
    case 'button':
      return `b,${slot},${message.index},${message.value}`;
    case 'axis':
      return `a,${slot},${message.index},${message.value}`;
    case 'held':
      return `h,${slot}`;
    case 'disconnected':
      return `d,${slot}`;
  }
}

/** Base64 of Latin-1, which has no other letters. */
function latin1(text: string): string {
  return btoa([...text].map((letter) => (letter <= '\u00ff' ? letter : '?')).join(''));
}

function settingsObject(proposal: Proposal): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  if (proposal.display !== undefined) out.displayId = proposal.display;
  if (proposal.initialSize !== undefined) {
    out.initialClientWidth = proposal.initialSize[0];
    out.initialClientHeight = proposal.initialSize[1];
  }
  if (proposal.manualResolution !== undefined) out.is_manual_resolution_mode = proposal.manualResolution;
  if (proposal.audioRedundancy !== undefined) out.audioRedundancy = proposal.audioRedundancy;
  return { ...out, ...proposal.values };
}
