// For tests of the probe: pictures with the strip, at a known rate, on an element of either kind.
(() => {
  const BLOCK = 16;
  const WIDTH = 640;
  const HEIGHT = 480;
  let stop = () => {};
  let given = 0;

  const blocks = (number) => {
    const bits = Array.from({ length: 16 }, (_, bit) => (number >> (15 - bit)) & 1);
    return [1, 0, ...bits, 0, bits.reduce((sum, bit) => sum + bit, 0) % 2];
  };

  const onVideo = (element) => {
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    const writer = track.writable.getWriter();
    element.muted = true;
    element.srcObject = new MediaStream([track]);
    element.play();
    return (number, timestamp) => {
      const data = new Uint8Array((WIDTH * HEIGHT * 3) / 2).fill(128);
      const strip = blocks(number);
      for (let y = 0; y < BLOCK; y += 1)
        for (const [block, white] of strip.entries())
          data.fill(white ? 235 : 16, y * WIDTH + block * BLOCK, y * WIDTH + (block + 1) * BLOCK);
      writer.write(new VideoFrame(data, { format: 'I420', codedWidth: WIDTH, codedHeight: HEIGHT, timestamp }));
    };
  };

  const onCanvas = (element) => {
    const context = element.getContext('2d', { alpha: false });
    return (number) => {
      for (const [block, white] of blocks(number).entries()) {
        context.fillStyle = white ? 'white' : 'black';
        context.fillRect(block * BLOCK, 0, BLOCK, BLOCK);
      }
    };
  };

  // Gives `rate` pictures a second to a new element, every `times` of them the same; returns when
  // it can be read. Their numbers grow as if none was given twice.
  window.play = async (kind, rate, times) => {
    stop();
    const element = document.createElement(kind);
    Object.assign(element, { id: 'screen', width: WIDTH, height: HEIGHT });
    document.body.replaceChildren(element);
    const show = kind === 'video' ? onVideo(element) : onCanvas(element);
    const began = performance.now();
    let count = 0;
    given = 0;
    const timer = setInterval(() => {
      for (; count < ((performance.now() - began) / 1000) * rate; count += 1) {
        if (count % times === 0) given += 1;
        show(count - (count % times), Math.round(performance.now() * 1000));
      }
    }, 1);
    stop = () => clearInterval(timer);
    while (!(await bench.read().catch(() => undefined))) await new Promise(requestAnimationFrame);
  };

  // What the probe counts in a while, and how many different pictures were given in that while.
  window.watched = async (span) => {
    const before = given;
    const seen = await bench.watch(span);
    return { ...seen, given: given - before };
  };
})();
