// The settings a page may propose, as crates/settings declares them.

/** Names on the wire. */
export type Proposable =
  | 'encoder'
  | 'framerate'
  | 'video_crf'
  | 'jpeg_quality'
  | 'video_fullcolor'
  | 'video_streaming_mode'
  | 'use_cpu'
  | 'use_paint_over_quality'
  | 'scaling_dpi';

export const PROPOSABLE: readonly Proposable[] = [
  'encoder',
  'framerate',
  'video_crf',
  'jpeg_quality',
  'video_fullcolor',
  'video_streaming_mode',
  'use_cpu',
  'use_paint_over_quality',
  'scaling_dpi',
];
