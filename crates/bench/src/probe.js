// Runs in the page before anything else and reads what the page shows: the strip at the upper left
// of the picture, see strip.rs.
(() => {
  const BLOCK = 16;
  const BLOCKS = 20;
  const WIDTH = BLOCK * BLOCKS;
  const small = new OffscreenCanvas(WIDTH, 1);
  const context = small.getContext('2d', { willReadFrequently: true });

  const screen = () => document.querySelector('canvas#screen, video#screen');

  // The brightness of each block of a video. Drawing a video converts all of its pixels, which takes
  // milliseconds of the page's frame; copying two rows of it takes next to nothing.
  const ofVideo = async (video) => {
    const frame = new VideoFrame(video);
    try {
      const rect = { x: 0, y: BLOCK / 2, width: WIDTH, height: 2 };
      const data = new Uint8Array(frame.allocationSize({ rect }));
      const [{ offset }] = await frame.copyTo(data, { rect });
      // A plane of luma comes first, or all colours together; then green is the second.
      const together = /^(RGB|BGR)/.test(frame.format);
      return (block) => {
        const pixel = block * BLOCK + BLOCK / 2;
        return data[offset + (together ? pixel * 4 + 1 : pixel)];
      };
    } finally {
      frame.close();
    }
  };

  const ofCanvas = (canvas) => {
    context.drawImage(canvas, 0, BLOCK / 2, WIDTH, 1, 0, 0, WIDTH, 1);
    const { data } = context.getImageData(0, 0, WIDTH, 1);
    return (block) => data[(block * BLOCK + BLOCK / 2) * 4 + 1];
  };

  // The strip of the picture as it is at the call: { number, flip }, or undefined.
  const read = async () => {
    const picture = screen();
    const isVideo = picture instanceof HTMLVideoElement;
    if (!picture || (isVideo ? picture.videoWidth : picture.width) < WIDTH) return undefined;
    const level = isVideo ? await ofVideo(picture) : ofCanvas(picture);
    const white = (block) => level(block) > 127;
    if (!white(0) || white(1)) return undefined;
    let number = 0;
    let parity = false;
    for (let block = 2; block < 18; block += 1) {
      number = number * 2 + Number(white(block));
      parity = parity !== white(block);
    }
    const flip = white(18);
    return parity !== flip === white(19) ? { number, flip } : undefined;
  };

  // Calls `look(now)` once per frame of the page, until it has promised true. Size observers run
  // after all callbacks of a frame and right before it is painted (HTML, "update the rendering"), so
  // what is read there is what this frame shows.
  const eachFrame = (look) => {
    const pulse = document.createElement('div');
    pulse.style.cssText = 'position:fixed;left:-9px;top:0;width:1px;height:1px;contain:strict;pointer-events:none';
    let wide = false;
    let over = false;
    const next = () =>
      requestAnimationFrame(() => {
        if (!pulse.isConnected) {
          if (!document.documentElement) return next();
          document.documentElement.append(pulse);
          observer.observe(pulse);
        }
        wide = !wide;
        pulse.style.width = wide ? '2px' : '1px';
        return undefined;
      });
    const observer = new ResizeObserver(() => {
      look(performance.now()).then((is) => {
        if (!is || over) return;
        over = true;
        observer.disconnect();
        pulse.remove();
      });
      if (!over) next();
    });
    next();
  };

  const bench = { first: undefined, pressed: undefined, answer: undefined };
  window.bench = bench;

  eachFrame(async (now) => {
    const mark = await read().catch(() => undefined);
    if (mark) bench.first ??= now;
    return bench.first !== undefined;
  });
  bench.read = read;

  // How pictures get onto the page, by its own word if it has one.
  bench.sink = () =>
    document.querySelector('[data-sink]')?.dataset.sink ?? (screen() instanceof HTMLVideoElement ? 'video' : 'draw');

  // Pictures that a video was given, and those of them that another replaced before the browser's
  // compositor took them.
  const given = () => {
    const picture = screen();
    if (!(picture instanceof HTMLVideoElement)) return undefined;
    const { totalVideoFrames: all, droppedVideoFrames: dropped } = picture.getVideoPlaybackQuality();
    return { all, dropped };
  };

  // Counts the different pictures shown during `span` ms. The compositor takes pictures of a video
  // by itself, also while the page is late; so for a video those count that it took. A picture that
  // was given twice counts once.
  bench.watch = (span) =>
    new Promise((done) => {
      let began;
      let last;
      let fresh = 0;
      let dropped = 0;
      let owed = 0;
      let frames = 0;
      let unread = 0;
      let over = false;
      eachFrame(async (now) => {
        const count = given();
        const mark = await read().catch(() => undefined);
        if (over) return true;
        began ??= now;
        frames += 1;
        if (!mark) unread += 1;
        else {
          if (last) {
            const ahead = (mark.number - last.mark.number + 65536) % 65536;
            const moved = ahead < 32768 ? ahead : 0;
            if (count && last.count) {
              const more = count.all - last.count.all + owed;
              fresh += Math.min(moved, more);
              dropped += count.dropped - last.count.dropped;
              // One may have been counted already and not be there yet.
              owed = moved > 0 && more > moved ? 1 : 0;
            } else fresh += Math.min(moved, 1);
          }
          last = { mark, count };
        }
        if (now - began < span) return false;
        over = true;
        done({ shown: Math.max(0, fresh - dropped), frames, unread, ms: now - began });
        return true;
      });
    });

  // The press that comes next is the one to be timed, by the event's own clock.
  const pressed = (event) => {
    bench.pressed ??= event.timeStamp;
  };
  window.addEventListener('pointerdown', pressed, true);

  // From now on waits for the flip; `bench.answer` becomes { ms } or, after `patience` ms, {}.
  bench.arm = async (patience) => {
    const mark = await read();
    if (!mark) return false;
    bench.pressed = undefined;
    const armed = performance.now();
    bench.answer = new Promise((done) => {
      eachFrame(async (now) => {
        const began = bench.pressed;
        const seen = began === undefined ? undefined : await read().catch(() => undefined);
        if (seen && seen.flip !== mark.flip) done({ ms: now - began });
        else if (now - armed > patience) done({});
        else return false;
        return true;
      });
    });
    return true;
  };
})();
